#include "otherwise/measure/words.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace otherwise {
namespace {

constexpr double kPriorWords = 500.0;
constexpr double kErrorRate = 0.05;
constexpr const char* kWord = R"([\pL\pM\pN]+(?:['’][\pL\pM\pN]+)*)";

/// In lower case where it is ASCII.
std::string lower(std::string_view all) {
    std::string text(all);
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

/// One set's part of δ.
double log_odds(double count, double words, double prior) {
    return std::log((count + prior) / (words + kPriorWords - count - prior));
}

long beyond(const std::vector<WordShift>& list, double threshold) {
    return std::ranges::count_if(
        list, [&](const WordShift& word) { return std::abs(word.z) > threshold; });
}

}  // namespace

WordCounter::WordCounter() : word_("words", kWord) {}

void WordCounter::add_word(std::string_view word, long factual, long counterfactual) {
    auto place = counts_.find(word);
    if (place == counts_.end()) {
        place = counts_.emplace(std::string(word), Count{}).first;
    }
    Count& count = place->second;
    count.factual += factual;
    count.counterfactual += counterfactual;
    count.pairs_up += counterfactual > factual ? 1 : 0;
    count.pairs_down += counterfactual < factual ? 1 : 0;
}

void WordCounter::add(std::string_view factual, std::string_view counterfactual) {
    const std::string texts[2] = {lower(factual), lower(counterfactual)};
    std::vector<std::string_view> before = word_.find_all(texts[0]);
    std::vector<std::string_view> after = word_.find_all(texts[1]);
    factual_words_ += std::ssize(before);
    counterfactual_words_ += std::ssize(after);
    std::ranges::sort(before);
    std::ranges::sort(after);
    for (auto b = before.begin(), a = after.begin(); b != before.end() || a != after.end();) {
        const auto word = a == after.end() || (b != before.end() && *b < *a) ? *b : *a;
        const auto past = [&](auto from, auto end) {
            return std::find_if(from, end, [&](std::string_view other) { return other != word; });
        };
        const auto b_end = past(b, before.end());
        const auto a_end = past(a, after.end());
        add_word(word, b_end - b, a_end - a);
        b = b_end;
        a = a_end;
    }
}

WordSummary WordCounter::summary(std::size_t most) const {
    WordSummary result;
    result.tested = static_cast<long>(counts_.size());
    result.factual_words = factual_words_;
    result.counterfactual_words = counterfactual_words_;
    if (counts_.empty()) {
        return result;
    }
    result.threshold = two_sided_z(kErrorRate / static_cast<double>(result.tested));
    const auto before = static_cast<double>(factual_words_);
    const auto after = static_cast<double>(counterfactual_words_);
    for (const auto& [word, count] : counts_) {
        const auto y_f = static_cast<double>(count.factual);
        const auto y_c = static_cast<double>(count.counterfactual);
        const double prior = kPriorWords * (y_f + y_c) / (before + after);
        const double delta = log_odds(y_c, after, prior) - log_odds(y_f, before, prior);
        const double z = delta / std::sqrt(1.0 / (y_c + prior) + 1.0 / (y_f + prior));
        if (std::isnan(z) || z == 0.0) {  // one word alone has no odds
            continue;
        }
        (z > 0.0 ? result.gained : result.lost)
            .push_back({.word = word,
                        .factual = count.factual,
                        .counterfactual = count.counterfactual,
                        .pairs = z > 0.0 ? count.pairs_up : count.pairs_down,
                        .log_odds = delta,
                        .z = z});
    }
    result.sure_gained = beyond(result.gained, result.threshold);
    result.sure_lost = beyond(result.lost, result.threshold);
    for (auto* list : {&result.gained, &result.lost}) {  // ties in the words' order
        std::ranges::sort(*list, [](const WordShift& a, const WordShift& b) {
            const double left = std::abs(a.z);
            const double right = std::abs(b.z);
            return left != right ? left > right : a.word < b.word;
        });
        list->resize(std::min(list->size(), most));
    }
    return result;
}

double two_sided_z(double probability) {
    double low = 0.0;
    double high = 40.0;
    constexpr int kHalvings = 100;
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = (low + high) / 2.0;
        (std::erfc(middle / std::numbers::sqrt2) > probability ? low : high) = middle;
    }
    return high;
}

}  // namespace otherwise
