// Marks in messages beside settings (otherwise/base/setting.h): kinds of items, their options and
// commands, which a command line writes `steer:`, `@layers=A-B` and `otherwise inspect`, Python
// `ow.steer(…)`, `layers` and `ow.inspect`. They are marks of settings whose names no setting has:
// "steer:", "@layers" and "otherwise inspect".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace otherwise {

/// The mark of a kind of items of a world, with an item's argument where one is meant:
/// item_kind("steer"), item_kind("do", "3").
[[nodiscard]] std::string item_kind(std::string_view kind, std::string_view argument = {});

/// The mark of a world with one item of this kind: item_world("model", "FILE"), where a command
/// writes `--world NAME=model:FILE`. The name is NAME.
[[nodiscard]] std::string item_world(std::string_view kind, std::string_view argument);

/// The mark of an option of an item: item_option("layers", "A-B"), where a command writes
/// `@layers=A-B`.
[[nodiscard]] std::string item_option(std::string_view name, std::string_view value);

/// The mark of one of our commands, with what follows it: our_command("inspect", "FILE").
[[nodiscard]] std::string our_command(std::string_view verb, std::string_view rest = {});

/// What a SettingWriter is handed as a mark's name, where it is of no setting.
struct Mark {
    enum class Of { item, option, command };
    Of of;
    std::string_view name;  ///< the kind, the option or the verb
};
/// Nothing where it is a setting's name.
[[nodiscard]] std::optional<Mark> mark_of(std::string_view name);

/// As a command line has it, with the mark's value: steer:, do:3, @layers=A-B, `otherwise inspect
/// FILE`.
[[nodiscard]] std::string command_line_text(const Mark& mark, std::string_view value);

}  // namespace otherwise
