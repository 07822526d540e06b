// Words that one set of texts has more often than another: log-odds with an informative Dirichlet
// prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words", equations 15, 16, 20 and 22).
//
// For a word counted y_f times among n_f factual words and y_c times among n_c counterfactual ones:
//
//   δ = ln((y_c + α) / (n_c + α₀ − y_c − α)) − ln((y_f + α) / (n_f + α₀ − y_f − α))
//   z = δ / √(1 / (y_c + α) + 1 / (y_f + α))
//   α = α₀ · (y_f + y_c) / (n_f + n_c),   α₀ = 500
//
// The prior is the words of both sets together, worth 500 words, so that rare words need evidence.
// z takes words for independent draws, which words of one text are not: read it as a rank. With m
// words tested, |z| is over the threshold by chance in one list of twenty at most (two-sided
// 0.05 / m, Bonferroni).
//
// Words are runs of letters, marks and digits, with apostrophes inside; A-Z count as a-z. Scripts
// without spaces come as whole runs. Memory: one entry for each distinct word.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "otherwise/measure/pattern.h"

namespace otherwise {

struct WordShift {
    std::string word;
    long factual = 0;         ///< times in the factual texts
    long counterfactual = 0;  ///< times in the others
    long pairs = 0;           ///< in which its number moved in the direction of the whole
    double log_odds = 0.0;    ///< δ, nats
    double z = 0.0;
};

struct WordSummary {
    long tested = 0;         ///< distinct words, m
    long factual_words = 0;  ///< n_f
    long counterfactual_words = 0;
    double threshold = 0.0;         ///< of |z|, above; 0 where nothing is tested
    long sure_gained = 0;           ///< z > threshold, of all words
    long sure_lost = 0;             ///< z < −threshold
    std::vector<WordShift> gained;  ///< z > 0, largest first; the first ones
    std::vector<WordShift> lost;    ///< z < 0, smallest first; the first ones
};

class WordCounter {
public:
    WordCounter();

    /// The texts of one pair, without their prompt.
    void add(std::string_view factual, std::string_view counterfactual);

    /// The `most` words that gained and lost most. The order of adding does not matter.
    [[nodiscard]] WordSummary summary(std::size_t most) const;

private:
    struct Count {
        long factual = 0;
        long counterfactual = 0;
        long pairs_up = 0;
        long pairs_down = 0;
    };
    /// Finds words by views.
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view word) const {
            return std::hash<std::string_view>()(word);
        }
    };
    void add_word(std::string_view word, long factual, long counterfactual);

    Pattern word_;
    std::unordered_map<std::string, Count, Hash, std::equal_to<>> counts_;
    long factual_words_ = 0;
    long counterfactual_words_ = 0;
};

/// The z that a standard normal exceeds in absolute value with this probability (between 0 and 1).
[[nodiscard]] double two_sided_z(double probability);

}  // namespace otherwise
