// Looking ahead in a window: for the next newline, visible character or end of a value or row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "otherwise/base/input_window.h"

namespace otherwise {

inline constexpr std::string_view kBlank = " \t\r\n\v\f";
inline constexpr std::string_view kJsonSpace = " \t\r\n";

inline std::string_view view(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

inline bool is_blank(std::string_view line) {
    return line.find_first_not_of(kBlank) == std::string_view::npos;
}

inline std::string_view without_return(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

struct NewlineScan {
    static std::optional<std::size_t> feed(std::string_view bytes) {
        const auto at = bytes.find('\n');
        return at == std::string_view::npos ? std::nullopt : std::optional(at);
    }
};

struct VisibleScan {
    static std::optional<std::size_t> feed(std::string_view bytes) {
        const auto at = bytes.find_first_not_of(kBlank);
        return at == std::string_view::npos ? std::nullopt : std::optional(at);
    }
};

/// Where what the scan looks for ends, from here on; the end of the file where it does not.
template <typename Scan>
std::size_t scan_end(InputWindow& window, Scan scan, std::size_t from) {
    for (std::size_t at = from;;) {
        const auto here = view(window.rest());
        if (const auto end = scan.feed(here.substr(at))) {
            return at + *end;
        }
        at = here.size();
        if (!window.more()) {
            return at;
        }
    }
}

}  // namespace otherwise
