// Settings, items and commands in messages, as they are written in Python.
#pragma once

#include <string>
#include <string_view>

namespace otherwise::python {

/// The mark's text (a SettingWriter): `held_out`, `by=mean`, `ow.steer(…)`, `layers`,
/// `ow.inspect`, `ow.World("NAME", ow.model("FILE"))`.
[[nodiscard]] std::string python_word(std::string_view name, std::string_view value);

/// The text with each mark so.
[[nodiscard]] std::string python_text(std::string_view text);

/// The function that makes items of this kind: temperature of temp (python/otherwise/items.py).
[[nodiscard]] std::string python_kind(std::string_view kind);

}  // namespace otherwise::python
