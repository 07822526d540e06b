#include "otherwise/serve/guard.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/page/assets.h"

namespace otherwise::serve {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::string_view kDigits = "0123456789abcdef";

std::string lower(std::string_view text) {
    std::string low(text);
    std::ranges::transform(low, low.begin(), [](unsigned char c) { return std::tolower(c); });
    return low;
}

/// A name or number as it stands in a URL.
std::string url_host(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

/// The name of "name:port" or "[::1]:port", where the port is ours; "" where it is not.
std::string named_host(std::string_view authority, int port) {
    const std::string tail = ":" + std::to_string(port);
    std::string name = lower(authority);
    if (name.ends_with(tail)) {
        name.resize(name.size() - tail.size());
    } else if (port != 80) {
        return "";
    }
    if (name.starts_with('[') && name.ends_with(']')) {
        name = name.substr(1, name.size() - 2);
    }
    return name;
}

bool is_any(std::string_view host) { return host == "0.0.0.0" || host == "::"; }

/// A number rather than a name: no DNS server can make it mean this machine.
bool is_number(std::string_view host) {
    const bool six = host.find(':') != std::string_view::npos;
    return !host.empty() && host.find_first_not_of(six ? "0123456789abcdef:." : "0123456789.") ==
                                std::string_view::npos;
}

bool is_our_host(std::string_view authority, const Guard& guard) {
    const std::string name = named_host(authority, guard.port);
    if (is_loopback(guard.host)) {
        return is_loopback(name);
    }
    return name == lower(guard.host) || is_loopback(name) ||
           (is_any(guard.host) && is_number(name));
}

bool is_our_origin(const HttpRequest& request, std::string_view host) {
    const auto origin = request.header("Origin");
    const bool none = !origin && std::ranges::none_of(request.headers, [](const auto& header) {
        return lower(header.first) == "origin";
    });
    return none || (origin && lower(*origin) == "http://" + lower(host));
}

bool is_cross_site(const HttpRequest& request) {
    const auto site = request.header("Sec-Fetch-Site");
    return site && *site != "same-origin" && *site != "none";
}

/// Of a browser that goes to the page. Where a link on another site led here, it sends no cookie at
/// first; what it is answered with holds no secret, and asks again from here.
bool is_visit(const HttpRequest& request) {
    return request.path == "/" && request.method == "GET" &&
           request.header("Accept").value_or("").find("text/html") != std::string::npos;
}

std::optional<HttpReply> check_token(const HttpRequest& request, const Guard& guard) {
    if (guard.token.empty()) {
        return std::nullopt;
    }
    const auto cookies = request.header("Cookie");
    const auto given = cookies ? cookie(*cookies, cookie_name(guard.port)) : std::nullopt;
    if (given && same_secret(*given, guard.token)) {
        return std::nullopt;
    }
    const auto in_link = request.parameter("token");
    if (request.path == "/" && request.method == "GET" && in_link &&
        same_secret(*in_link, guard.token)) {
        HttpReply reply{.status = 303, .type = "text/plain", .body = "see /\n"};
        reply.headers = {{"Location", "/"},
                         {"Set-Cookie", cookie_name(guard.port) + "=" + guard.token +
                                            "; Path=/; HttpOnly; SameSite=Strict"}};
        return reply;
    }
    const auto bearer = request.header("Authorization");
    if (bearer && same_secret(*bearer, "Bearer " + guard.token)) {
        return std::nullopt;
    }
    if (is_visit(request)) {
        return HttpReply{.status = 401,
                         .type = "text/html; charset=utf-8",
                         .body = std::string(page_asset("locked.html"))};
    }
    return refuse(401,
                  "expected the token of this server, got none or another; open the link "
                  "that `otherwise serve` printed");
}

}  // namespace

bool is_loopback(std::string_view host) {
    return host == "127.0.0.1" || host == "::1" || host == "localhost";
}

std::string address_of(const Guard& guard) {
    return "http://" + url_host(guard.host) + ":" + std::to_string(guard.port) + "/" +
           (guard.token.empty() ? "" : "?token=" + guard.token);
}

bool same_secret(std::string_view a, std::string_view b) {
    unsigned different = a.size() == b.size() ? 0U : 1U;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const unsigned char other = b.empty() ? 0 : static_cast<unsigned char>(b[i % b.size()]);
        different |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(other);
    }
    return different == 0U;
}

std::string new_token() {
    std::array<unsigned char, kTokenBytes> bytes{};
    if (::getentropy(bytes.data(), bytes.size()) != 0) {
        fail({.where = "new_token", .expected = "random bytes of the system", .came = "none"});
    }
    std::string token;
    for (const unsigned char byte : bytes) {
        token += kDigits[byte >> 4U];
        token += kDigits[byte & 15U];
    }
    return token;
}

std::optional<std::string> cookie(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const auto end = std::min(header.find(';'), header.size());
        std::string_view part = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
        if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
            return std::string(part.substr(name.size() + 1));
        }
    }
    return std::nullopt;
}

std::string cookie_name(int port) { return "otherwise-" + std::to_string(port); }

HttpReply refuse(int status, const std::string& sentence) {
    return {.status = status,
            .body = nlohmann::ordered_json{{"error", to_utf8(sentence)}}.dump() + "\n"};
}

std::optional<HttpReply> check_request(const HttpRequest& request, const Guard& guard) {
    const auto host = request.header("Host");
    if (!host || !is_our_host(*host, guard)) {
        return refuse(421, "expected a request to " + url_host(guard.host) + ":" +
                               std::to_string(guard.port) + ", got one for another host");
    }
    if (!is_our_origin(request, *host) || is_cross_site(request)) {
        const bool link = request.method == "GET" && request.path == "/" &&
                          !request.header("Origin");  // followed from another site
        if (!link) {
            return refuse(403, "expected a request of this page, got one of another site");
        }
    }
    if (request.method != "GET" && request.method != "POST") {
        return refuse(405, "expected GET or POST, got another method");
    }
    if (auto reply = check_token(request, guard)) {
        return reply;
    }
    const auto type = request.header("Content-Type").value_or("");
    if (request.method == "POST" && lower(type.substr(0, type.find(';'))) != "application/json") {
        return refuse(415, "expected a body of application/json, got another type");
    }
    return std::nullopt;
}

}  // namespace otherwise::serve
