#include "otherwise/base/table_names.h"

#include <algorithm>
#include <array>
#include <optional>

#include "otherwise/base/csv_row.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

/// Names of which a header has at least one.
constexpr std::array<std::string_view, 12> kKnownColumns = {
    "id",    "prompt", "prompt_tokens", "text",           "completion", "instruction",
    "input", "output", "factual",       "counterfactual", "subject",    "target_new"};

}  // namespace

bool is_plain_name(std::string_view text) {
    constexpr std::size_t kLongest = 64;
    const auto is_letter = [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    };
    const auto fits = [&](unsigned char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, fits) &&
           std::ranges::any_of(text, is_letter);
}

std::vector<std::string> names_of(std::string_view row, char separator) {
    std::string copy(row);
    std::vector<std::optional<std::string_view>> fields;
    if (!split_csv(copy.data(), copy.size(), separator, fields).empty()) {
        return {};
    }
    std::vector<std::string> names;
    for (const auto& field : fields) {
        names.emplace_back(field.value_or(""));
    }
    return names;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + to_utf8(name);
    }
    return text;
}

bool has_name(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool has_known(const std::vector<std::string>& names) {
    return std::ranges::any_of(kKnownColumns, [&](auto known) { return has_name(names, known); });
}

bool has_all(const std::vector<std::string>& names, const std::vector<std::string>& asked) {
    const auto is_there = [&](const std::string& column) {
        return std::ranges::any_of(names, [&](auto& name) { return trimmed(name) == column; });
    };
    return !asked.empty() && std::ranges::all_of(asked, is_there);
}

bool is_sentence(const std::vector<std::string>& names) {
    return std::ranges::any_of(names, [](auto& name) { return name.starts_with(' '); });
}

}  // namespace otherwise
