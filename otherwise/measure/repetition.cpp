#include "otherwise/measure/repetition.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

namespace otherwise {
namespace {

constexpr std::size_t kUnits = 4;
constexpr std::string_view kSpaces = " \t\r\n\v\f";

}  // namespace

std::optional<double> repeated_share(std::span<const Token> tokens) {
    if (tokens.size() < kUnits) {
        return std::nullopt;
    }
    std::vector<std::array<Token, kUnits>> grams(tokens.size() - kUnits + 1);
    for (std::size_t i = 0; i < grams.size(); ++i) {
        std::copy_n(tokens.begin() + static_cast<std::ptrdiff_t>(i), kUnits, grams[i].begin());
    }
    const auto all = static_cast<double>(grams.size());
    std::sort(grams.begin(), grams.end());
    const auto distinct = std::unique(grams.begin(), grams.end()) - grams.begin();
    return 1.0 - static_cast<double>(distinct) / all;
}

std::optional<double> repeated_share(std::string_view text) {
    std::unordered_map<std::string_view, Token> numbers;
    Tokens words;
    for (std::size_t from = text.find_first_not_of(kSpaces); from != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(kSpaces, from), text.size());
        const auto next = static_cast<Token>(numbers.size());
        words.push_back(numbers.try_emplace(text.substr(from, end - from), next).first->second);
        from = text.find_first_not_of(kSpaces, end);
    }
    return repeated_share(words);
}

}  // namespace otherwise
