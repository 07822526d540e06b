#include "otherwise/serve/events.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "otherwise/base/text.h"

namespace otherwise::serve {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string event(std::string_view name, std::string_view data) {
    std::string text = "event: " + std::string(name) + "\n";
    while (true) {
        const auto end = std::min(data.find('\n'), data.size());
        text += "data: " + std::string(data.substr(0, end)) + "\n";
        if (end == data.size()) {
            return text + "\n";
        }
        data.remove_prefix(end + 1);
    }
}

std::string error_json(std::string_view sentence) {
    return Json{{"error", to_utf8(sentence)}}.dump();
}

std::string error_json(const Error& error) {
    std::string text = error.text([](std::string_view name, std::string_view value) {
        return std::string(name) + (value.empty() ? "" : " " + std::string(value));
    });
    std::ranges::replace(text, '\n', ' ');
    return error_json(text);
}

std::string to_json(const LiveTokens& tokens) {
    Json json{{"string", to_utf8(tokens.string)},
              {"world", tokens.world},
              {"position", tokens.position},
              {"tokens", tokens.tokens},
              {"pieces", Json::array()}};
    for (const auto& piece : tokens.pieces) {
        json["pieces"].push_back(to_utf8(piece));
    }
    return json.dump();
}

std::string to_json(const LiveResult& result) {
    Json json{{"cancelled", result.cancelled}, {"anew", result.anew},
              {"seconds", result.seconds},     {"prompt_rows_kept", result.prompt_rows_kept},
              {"evaluated", result.evaluated}, {"kept", result.kept},
              {"warnings", Json::array()}};
    for (const auto& line : result.warnings) {
        json["warnings"].push_back(to_utf8(plain_settings(line)));
    }
    return json.dump();
}

std::string note_json(const std::string& line) {
    return Json{{"note", to_utf8(plain_settings(line))}}.dump();
}

std::string progress_json(long done, long total) {
    return Json{{"done", done}, {"total", total}}.dump();
}

}  // namespace otherwise::serve
