// That a report is one page: UTF-8, its data JSON that stays in its script element, and no tag in
// it but the page's own.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "otherwise/base/text.h"
#include "otherwise/page/report_page.h"

namespace otherwise::fuzz {

inline void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

inline std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

/// The JSON of a page as browsers see it: up to the first end of a script element.
inline std::string_view data_of(std::string_view page) {
    constexpr std::string_view kOpen = "id=\"data\">";
    const auto start = page.find(kOpen);
    require(start != std::string_view::npos);
    const auto data = page.substr(start + kOpen.size());
    return data.substr(0, data.find("</"));
}

/// Its data, parsed.
inline nlohmann::json require_page(const ReportData& data) {
    static const std::string plain = render_report({});
    const std::string page = render_report(data);
    require(is_utf8(page));
    // A heading and a paragraph a world, for readers without scripts.
    require(count_of(page, "<") == count_of(plain, "<") + 4 * data.worlds.size());
    require(count_of(page, "<script") == count_of(plain, "<script"));
    const auto text = data_of(page);
    require(text.find_first_of("<>&") == std::string_view::npos);
    require(text.find("\xE2\x80\xA8") == std::string_view::npos);
    const auto json = nlohmann::json::parse(text, nullptr, false);
    require(json.is_object());
    return json;
}

}  // namespace otherwise::fuzz
