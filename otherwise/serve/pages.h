// The page itself: its files, the headers of every reply, and what a refusal says.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "otherwise/serve/http.h"

namespace otherwise::serve {

/// "/" and "/static/…" of the files that the page is made of.
void add_pages(HttpHandlers& handlers);

/// No script but ours and none inline, nothing from elsewhere, in no frame, kept by no cache.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> common_headers();

/// The sentence of a status where no handler made a reply.
[[nodiscard]] HttpReply refusal(int status);

}  // namespace otherwise::serve
