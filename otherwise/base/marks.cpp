#include "otherwise/base/marks.h"

#include "otherwise/base/setting.h"

namespace otherwise {
namespace {

constexpr char kColon = ':';
constexpr char kAt = '@';
constexpr std::string_view kCommand = "otherwise ";

}  // namespace

std::string item_kind(std::string_view kind, std::string_view argument) {
    return setting(std::string(kind) + kColon, argument);
}

std::string item_world(std::string_view kind, std::string_view argument) {
    return setting("world", "NAME=" + std::string(kind) + kColon + std::string(argument));
}

std::string item_option(std::string_view name, std::string_view value) {
    return setting(kAt + std::string(name), value);
}

std::string our_command(std::string_view verb, std::string_view rest) {
    return setting(std::string(kCommand) + std::string(verb), rest);
}

std::optional<Mark> mark_of(std::string_view name) {
    if (name.ends_with(kColon)) {
        return Mark{.of = Mark::Of::item, .name = name.substr(0, name.size() - 1)};
    }
    if (name.starts_with(kAt)) {
        return Mark{.of = Mark::Of::option, .name = name.substr(1)};
    }
    if (name.starts_with(kCommand)) {
        return Mark{.of = Mark::Of::command, .name = name.substr(kCommand.size())};
    }
    return std::nullopt;
}

std::string command_line_text(const Mark& mark, std::string_view value) {
    if (mark.of == Mark::Of::item) {
        return std::string(mark.name) + kColon + std::string(value);
    }
    if (mark.of == Mark::Of::option) {
        return kAt + std::string(mark.name) + "=" + std::string(value);
    }
    const std::string more = value.empty() ? "" : " " + std::string(value);
    return "`" + std::string(kCommand) + std::string(mark.name) + more + "`";
}

}  // namespace otherwise
