// Who may ask: pure functions on the head of a request.
//
// A page of another site can make a browser send requests here, so the address that a request was
// meant for (Host) and the page that it comes from (Origin) have to be ours; a foreign name that
// resolves to this machine (DNS rebinding) is another Host. Beyond loopback a token is needed: once
// in the link, from where a redirect moves it into a cookie that no script can read and that the
// browser sends on requests of this page alone. So whoever follows a link from elsewhere comes
// without it, gets a page without secrets, and its script, which the cookie lets through, asks for
// the page again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "otherwise/serve/http.h"

namespace otherwise::serve {

struct Guard {
    std::string host;  ///< that the server listens on
    int port = 0;
    std::string token;  ///< "" without
};

/// 127.0.0.1, ::1 or localhost.
[[nodiscard]] bool is_loopback(std::string_view host);

/// "http://127.0.0.1:8080/", with the token where there is one.
[[nodiscard]] std::string address_of(const Guard& guard);

/// In time that depends on the lengths alone.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

/// 32 random bytes of the system in letters and digits. Throws Error where it has none.
[[nodiscard]] std::string new_token();

/// The value of a cookie of a Cookie header; nothing without it.
[[nodiscard]] std::optional<std::string> cookie(std::string_view header, std::string_view name);

/// Name of the cookie with the token: one of each port, since cookies know none.
[[nodiscard]] std::string cookie_name(int port);

/// {"error": "…"} with this status.
[[nodiscard]] HttpReply refuse(int status, const std::string& sentence);

/// Nothing lets the request through; else a redirect or a refusal.
[[nodiscard]] std::optional<HttpReply> check_request(const HttpRequest& request,
                                                     const Guard& guard);

}  // namespace otherwise::serve
