// An enumeration and its words, in one table that is read both ways.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {

template <typename Value, std::size_t n>
struct WordTable {
    std::array<std::pair<std::string_view, Value>, n> words;

    [[nodiscard]] std::string_view word(Value value) const {
        return std::ranges::find(words, value, &std::pair<std::string_view, Value>::second)->first;
    }

    [[nodiscard]] std::vector<std::string> all() const {
        std::vector<std::string> names;
        for (const auto& [name, value] : words) {
            names.emplace_back(name);
        }
        return names;
    }

    /// Throws misuse: "expected a method (direction, …), got 'x'".
    [[nodiscard]] Value value(std::string_view word, const std::string& what,
                              const std::string& advice = {}) const {
        const auto found =
            std::ranges::find(words, word, &std::pair<std::string_view, Value>::first);
        if (found == words.end()) {
            std::string list;
            for (const auto& [name, unused] : words) {
                list += (list.empty() ? "" : ", ") + std::string(name);
            }
            misuse({.where = "WordTable",
                    .expected = what + " (" + list + ")",
                    .came = "'" + to_utf8(word) + "'",
                    .advice = advice});
        }
        return found->second;
    }
};

}  // namespace otherwise
