// Settings in messages. The library does not know how its caller sets something: a command by
// `--held-out 0.2`, Python by `held_out=0.2`. So a message holds the setting's name, marked, and
// each face writes it in its own way.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace otherwise {

/// The mark of a setting, with a value where one is meant: setting("by", "mean"). Names are those
/// of study files and of Python's arguments: small letters and underscores.
[[nodiscard]] std::string setting(std::string_view name, std::string_view value = {});

/// How a face writes a setting; the value is empty where none is meant.
using SettingWriter = std::function<std::string(std::string_view name, std::string_view value)>;

/// The text with each mark as `write` has it.
[[nodiscard]] std::string with_settings(std::string_view text, const SettingWriter& write);

/// The text for people who came by no face: `held_out`, `by=mean`, in backquotes.
[[nodiscard]] std::string plain_settings(std::string_view text);

}  // namespace otherwise
