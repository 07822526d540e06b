#include "otherwise/fit/texts.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

[[noreturn]] void refuse(const std::string& path, int line, const std::string& expected,
                         const std::string& came) {
    fail({.where = "read_texts",
          .expected = expected,
          .came = came + " in line " + std::to_string(line) + " of '" + path + "'"});
}

std::string text_of_json(const std::string& line, const std::string& path, int number) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) {
        refuse(path, number, "a JSON object", "something else");
    }
    for (const char* key : {"text", "prompt"}) {
        const auto found = json.find(key);
        if (found != json.end() && found->is_string()) {
            return found->get<std::string>();
        }
    }
    refuse(path, number, R"(a string "text" (or "prompt"))", "neither");
}

void drop_end(std::string& line) {
    if (line.ends_with('\r')) {
        line.pop_back();
    }
}

}  // namespace

TextSet read_texts(const std::filesystem::path& path, int limit) {
    TextSet set{.path = path.string(), .sha256 = sha256_file(path), .texts = {}};
    std::ifstream file(path);
    std::string line;
    bool json = false;
    for (int number = 1; std::getline(file, line); ++number) {
        drop_end(line);
        if (number == 1 && line.starts_with("\xEF\xBB\xBF")) {
            line.erase(0, 3);
        }
        if (line.find_first_not_of(" \t") == std::string::npos) {
            continue;
        }
        if (!is_utf8(line)) {
            refuse(set.path, number, "text in UTF-8", "other bytes");
        }
        json = set.texts.empty() ? line.front() == '{' : json;
        set.texts.push_back(json ? text_of_json(line, set.path, number) : line);
        if (limit > 0 && static_cast<int>(set.texts.size()) == limit) {
            break;
        }
    }
    if (set.texts.empty()) {
        fail({.where = "read_texts",
              .expected = "a file with one text a line",
              .came = "no text in '" + set.path + "'"});
    }
    return set;
}

}  // namespace otherwise
