#include "python/src/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "otherwise/base/marks.h"
#include "otherwise/base/setting.h"

namespace otherwise::python {
namespace {

/// "NAME=lora:FILE@scope=written": the quotes that texts need, and an option as an argument.
std::string world_text(std::string_view value) {
    const auto equals = value.find('=');
    const auto colon = value.find(':', equals);
    if (colon == std::string_view::npos) {
        return fmt::format("`world={}`", value);
    }
    const auto kind = python_kind(value.substr(equals + 1, colon - equals - 1));
    const auto item = value.substr(colon + 1);
    const auto at = item.rfind('@');
    const auto is = item.find('=', at);
    std::string option;
    if (at != std::string_view::npos && is != std::string_view::npos) {
        option = fmt::format(R"(, {}="{}")", item.substr(at + 1, is - at - 1), item.substr(is + 1));
    }
    return fmt::format(R"(`ow.World("{}", ow.{}("{}"{}))`)", value.substr(0, equals), kind,
                       option.empty() ? item : item.substr(0, at), option);
}

std::string item_text(std::string_view kind, std::string_view argument) {
    if (argument.empty()) {
        return fmt::format("`ow.{}(…)`", python_kind(kind));
    }
    return fmt::format("`ow.{}({}{})`", python_kind(kind), kind == "do" ? "…, at=" : "", argument);
}

std::string mark_text(const Mark& mark, std::string_view value) {
    if (mark.of == Mark::Of::item) {
        return item_text(mark.name, value);
    }
    if (mark.of == Mark::Of::option) {
        return fmt::format("`{}`", mark.name);
    }
    return value.empty() ? fmt::format("`ow.{}`", mark.name)
                         : fmt::format(R"(`ow.{}("{}")`)", mark.name, value);
}

}  // namespace

std::string python_kind(std::string_view kind) {
    constexpr std::pair<std::string_view, std::string_view> kOwn[] = {
        {"temp", "temperature"}, {"prefix", "prefix_text"}, {"suffix", "suffix_text"},
        {"ctk", "cache_keys"},   {"ctv", "cache_values"},   {"fa", "flash_attention"}};
    for (const auto& [word, name] : kOwn) {
        if (word == kind) {
            return std::string(name);
        }
    }
    std::string name(kind);
    std::ranges::replace(name, '-', '_');
    return name;
}

std::string python_word(std::string_view name, std::string_view value) {
    if (const auto mark = mark_of(name)) {
        return mark_text(*mark, value);
    }
    // What the command has as llama.cpp's own flags for the world `edited`.
    if (value.empty() && name == "lora") {
        return item_text(name, {});
    }
    if (value.empty() && name == "control_vector") {
        return item_text("steer", {});
    }
    if (name == "world" && !value.empty()) {
        return world_text(value);
    }
    return value.empty() ? fmt::format("`{}`", name) : fmt::format("`{}={}`", name, value);
}

std::string python_text(std::string_view text) { return with_settings(text, python_word); }

}  // namespace otherwise::python
