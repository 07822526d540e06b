// Where chat templates come from.
#include <filesystem>
#include <vector>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/text.h"
#include "otherwise/base/whole_file.h"
#include "otherwise/model/chat_template.h"
#include "otherwise/model/shipped_templates.h"

namespace otherwise {
namespace {

std::string lower(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

/// Names that hold the word, else the nearest one.
std::string near_names(const std::string& wanted) {
    constexpr std::size_t kMost = 4;
    std::vector<std::string> names;
    std::string near;
    std::size_t count = 0;
    for (const auto& shipped : shipped_templates()) {
        names.push_back(lower(std::string(shipped.name)));
        if (count < kMost && names.back().find(lower(wanted)) != std::string::npos) {
            near += (near.empty() ? "" : ", ") + std::string(shipped.name);
            ++count;
        }
    }
    if (near.empty()) {
        const auto nearest = nearest_name(lower(wanted), names);
        for (const auto& shipped : shipped_templates()) {
            near = lower(std::string(shipped.name)) == nearest ? shipped.name : near;
        }
    }
    return near;
}

const ShippedTemplate* find_shipped(const std::string& given) {
    for (const auto& shipped : shipped_templates()) {
        if (shipped.name == given || std::string(shipped.name) + ".jinja" == given) {
            return &shipped;
        }
    }
    return nullptr;
}

std::string read_file(const std::string& path) {
    std::string text = whole_file(path, "a chat template to read");
    const bool empty = trimmed(text).empty();
    if (empty || !is_utf8(text)) {
        misuse({.where = "read_chat_template",
                .expected = "a chat template in UTF-8",
                .came = (empty ? "an empty file, '" : "other bytes in '") + path + "'"});
    }
    return text;
}

}  // namespace

bool is_shipped_template(const std::string& given) {
    std::error_code ignored;
    return !std::filesystem::is_regular_file(given, ignored) && find_shipped(given) != nullptr;
}

std::string read_chat_template(const std::string& given) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(given, ignored)) {
        return read_file(given);
    }
    if (given.find("{{") != std::string::npos || given.find("{%") != std::string::npos) {
        return given;
    }
    if (const auto* shipped = find_shipped(given)) {
        return std::string(shipped->text);
    }
    if (!chat_templates_work()) {
        misuse({.where = "read_chat_template",
                .expected = setting("chat_template") +
                            " with a file (an installed llama.cpp has no templates)",
                .came = "no such file, '" + given + "'"});
    }
    const auto near = near_names(given);
    misuse({.where = "read_chat_template",
            .expected = setting("chat_template") +
                        " with a file, or the name of a template that llama.cpp has",
            .came = "'" + given + "'",
            .advice = near.empty() ? our_command("inspect") + " with " + setting("chat_templates") +
                                         " names them"
                                   : "near names: " + near});
}

}  // namespace otherwise
