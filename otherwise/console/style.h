// How wide, whether in colour, and how settings are written.
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "otherwise/base/setting.h"
#include "otherwise/console/glyphs.h"

namespace otherwise::console {

struct Style {
    bool colour = false;
    int width = 80;            ///< columns of the terminal
    SettingWriter settings{};  ///< how the caller writes settings; else as plain_settings does
};

/// Colour when the stream is a terminal, NO_COLOR is unset and TERM is not "dumb". The width is the
/// terminal's, else $COLUMNS, else 80; at least 40.
[[nodiscard]] Style style_for(std::FILE* stream);

/// The text with each setting in it as the caller writes them.
[[nodiscard]] std::string shown(std::string_view text, const Style& style);

inline constexpr int kWidestText = 120;  ///< columns; longer lines are hard to read

/// Lines under a head, with a hanging indent as wide as the head.
[[nodiscard]] std::string hang(Cells head, std::span<const Cell> body, const Style& style);

}  // namespace otherwise::console
