#include "otherwise/measure/words.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace otherwise {
namespace {

constexpr double kPriorWords = 500.0;
constexpr double kErrorRate = 0.05;
constexpr const char* kWord = R"([\pL\pM\pN]+(?:['’][\pL\pM\pN]+)*)";

std::string lower(std::string_view word) {
    std::string text(word);
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

/// One set's part of δ.
double log_odds(double count, double words, double prior) {
    return std::log((count + prior) / (words + kPriorWords - count - prior));
}

}  // namespace

WordCounter::WordCounter() : word_("words", kWord) {}

std::map<std::string, WordCounter::Count> WordCounter::counts_of(
    std::string_view factual, std::string_view counterfactual) const {
    std::map<std::string, Count> counts;
    for (const auto word : word_.find_all(factual)) {
        ++counts[lower(word)].factual;
    }
    for (const auto word : word_.find_all(counterfactual)) {
        ++counts[lower(word)].counterfactual;
    }
    return counts;
}

void WordCounter::add(std::string_view factual, std::string_view counterfactual) {
    for (const auto& [word, pair] : counts_of(factual, counterfactual)) {
        Count& count = counts_[word];
        count.factual += pair.factual;
        count.counterfactual += pair.counterfactual;
        count.pairs_up += pair.counterfactual > pair.factual ? 1 : 0;
        count.pairs_down += pair.counterfactual < pair.factual ? 1 : 0;
        factual_words_ += pair.factual;
        counterfactual_words_ += pair.counterfactual;
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
    for (auto* list : {&result.gained, &result.lost}) {  // stable: ties in the words' order
        std::stable_sort(list->begin(), list->end(), [](const WordShift& a, const WordShift& b) {
            return std::abs(a.z) > std::abs(b.z);
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
