// needs: llama
//
// Requests to the live page's server, as the handler behind its guard sees them: a line "METHOD
// PATH?QUERY", lines "NAME: VALUE", an empty line, a body.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "otherwise/serve/ask.h"
#include "otherwise/serve/events.h"
#include "otherwise/serve/guard.h"
#include "otherwise/serve/start.h"
#include "otherwise/study/study.h"
#include "tests/fuzz/fuzz.h"

namespace otherwise::serve {
namespace {

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

HttpRequest request_of(const std::string& bytes) {
    std::istringstream in(bytes);
    std::string line;
    std::getline(in, line);
    const auto space = std::min(line.find(' '), line.size());
    HttpRequest request{.method = line.substr(0, space), .path = {}, .query = {}, .body = {}};
    const std::string target = space < line.size() ? line.substr(space + 1) : "";
    const auto mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    request.query = mark < target.size() ? target.substr(mark + 1) : "";
    while (std::getline(in, line) && !line.empty()) {
        const auto colon = std::min(line.find(": "), line.size());
        request.headers.emplace_back(line.substr(0, colon),
                                     colon < line.size() ? line.substr(colon + 2) : "");
    }
    request.body.assign(std::istreambuf_iterator<char>(in), {});
    return request;
}

void require_json(const std::string& text) { require(nlohmann::json::accept(text)); }

/// Whoever does not know the token gets neither in nor to see it.
void check_guard(const HttpRequest& request, const std::string& bytes) {
    const Guard open{.host = "127.0.0.1", .port = 8080};
    const Guard locked{.host = "0.0.0.0", .port = 8080, .token = kToken};
    for (const auto& guard : {open, locked}) {
        const auto reply = check_request(request, guard);
        if (reply && reply->type == "application/json") {
            require_json(reply->body);
        }
        if (guard.token.empty() || bytes.find(kToken) != std::string::npos ||
            bytes.find('%') != std::string::npos) {  // which may spell it
            continue;
        }
        require(reply.has_value() && reply->status != 303);
        require(reply->body.find(kToken) == std::string::npos);
    }
}

/// What is asked can be saved, and is then the same.
void answer(const HttpRequest& request) {
    static const Folders folders({"."});
    static const Study base{.model = "m.gguf", .tokens = 25};
    const auto ask = read_ask(request.body, base, folders);
    const std::string written = to_toml(ask.study);
    require(to_toml(parse_study(written, "again.toml")) == written);
    require(is_utf8(command_line(ask.study, ask.sample)));
    require_json(start_json(ask.study, "m.gguf"));
}

void check_replies(const std::string& text) {
    require_json(note_json(text));
    require_json(error_json(std::string_view(text)));
    require_json(to_json(LiveTokens{.string = text, .world = "hot", .pieces = {text}}));
    require_json(to_json(LiveResult{.evaluated = {"hot"}, .warnings = {text}}));
    require_json(refuse(400, text).body);
    // An event is its name and lines of data, until the one empty line.
    const std::string sent = event("note", note_json(text));
    require(sent.find("\n\n") == sent.size() - 2 && sent.find('\r') == std::string::npos);
}

}  // namespace
}  // namespace otherwise::serve

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;         // NOLINT(google-build-using-namespace)
    using namespace otherwise::serve;  // NOLINT(google-build-using-namespace)
    const std::string bytes = fuzz::bytes_of(data, size);
    const HttpRequest request = request_of(bytes);
    check_guard(request, bytes);
    check_replies(request.body);
    (void)request.parameter("file");
    fuzz::survive([&] {
        try {
            answer(request);
        } catch (const Error& error) {
            require_json(error_json(error));
            throw;
        }
    });
    return 0;
}
