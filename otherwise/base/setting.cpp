#include "otherwise/base/setting.h"

#include "otherwise/base/marks.h"

namespace otherwise {
namespace {

// Bytes that UTF-8 never has, so no text from outside can look like a mark.
constexpr char kOpen = '\xFE';
constexpr char kClose = '\xFF';
constexpr char kEquals = '=';

}  // namespace

std::string setting(std::string_view name, std::string_view value) {
    std::string mark(1, kOpen);
    mark += name;
    if (!value.empty()) {
        mark += kEquals;
        mark += value;
    }
    return mark + kClose;
}

std::string with_settings(std::string_view text, const SettingWriter& write) {
    std::string written;
    while (!text.empty()) {
        const auto open = text.find(kOpen);
        const auto close = text.find(kClose, open == std::string_view::npos ? open : open + 1);
        if (close == std::string_view::npos) {
            break;
        }
        written += text.substr(0, open);
        const auto mark = text.substr(open + 1, close - open - 1);
        const auto equals = mark.find(kEquals);
        const bool valued = equals != std::string_view::npos;
        written += write(mark.substr(0, equals), valued ? mark.substr(equals + 1) : "");
        text.remove_prefix(close + 1);
    }
    return written += text;
}

std::string plain_settings(std::string_view text) {
    return with_settings(text, [](std::string_view name, std::string_view value) {
        if (const auto mark = mark_of(name)) {
            return command_line_text(*mark, value);
        }
        std::string plain = "`" + std::string(name);
        if (!value.empty()) {
            plain += "=" + std::string(value);
        }
        return plain + "`";
    });
}

}  // namespace otherwise
