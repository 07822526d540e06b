// Server-sent events and JSON of what the library's own to_json does not say.
#pragma once

#include <string>
#include <string_view>

#include "otherwise/api/live.h"
#include "otherwise/base/error.h"

namespace otherwise::serve {

/// "event: NAME\ndata: …\n\n", a line of data for each of the text's.
[[nodiscard]] std::string event(std::string_view name, std::string_view data);

/// {"error": "expected …, got …"}, settings as plain words.
[[nodiscard]] std::string error_json(const Error& error);
[[nodiscard]] std::string error_json(std::string_view sentence);

/// {"string", "world", "position", "tokens": […], "pieces": […]}
[[nodiscard]] std::string to_json(const LiveTokens& tokens);

/// {"cancelled", "anew", "seconds", "evaluated": […], "kept": […], "warnings": […]}
[[nodiscard]] std::string to_json(const LiveResult& result);

/// {"note": line}
[[nodiscard]] std::string note_json(const std::string& line);

/// {"done": n, "total": n}
[[nodiscard]] std::string progress_json(long done, long total);

}  // namespace otherwise::serve
