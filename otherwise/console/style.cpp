#include "otherwise/console/style.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace otherwise::console {
namespace {

constexpr int kLeastWidth = 40;

int columns_from_environment() {
    const char* text = std::getenv("COLUMNS");  // NOLINT(concurrency-mt-unsafe)
    int columns = 0;
    if (text != nullptr) {
        std::from_chars(text, text + std::strlen(text), columns);
    }
    return columns > 0 ? columns : 80;
}

}  // namespace

Style style_for(std::FILE* stream) {
    const int file = ::fileno(stream);
    Style style{.colour = false, .width = columns_from_environment()};
    if (::isatty(file) != 0) {
        // NOLINTBEGIN(concurrency-mt-unsafe)
        const char* term = std::getenv("TERM");
        const bool dumb = term != nullptr && std::string_view(term) == "dumb";
        style.colour = std::getenv("NO_COLOR") == nullptr && !dumb;
        // NOLINTEND(concurrency-mt-unsafe)
        winsize size{};
        if (::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            style.width = size.ws_col;
        }
    }
    style.width = std::max(style.width, kLeastWidth);
    return style;
}

std::string shown(std::string_view text, const Style& style) {
    return style.settings ? with_settings(text, style.settings) : plain_settings(text);
}

std::string hang(Cells head, std::span<const Cell> body, const Style& style) {
    const int indent = width_of(head);
    const int width = std::min(style.width, kWidestText) - indent;
    std::string text;
    for (const auto& line : wrap(body, width)) {
        head.insert(head.end(), line.begin(), line.end());
        text += paint(head, style.colour) + "\n";
        head = cells_of(std::string(static_cast<std::size_t>(indent), ' '));
    }
    return text;
}

}  // namespace otherwise::console
