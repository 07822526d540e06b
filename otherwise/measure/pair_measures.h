// The measures of many pairs of texts: how alike the two are, what shifted, and which words.
//
//   unchanged      both texts are equal, tokens and ends included where they are known
//   kept whole     the factual text is all there: its LCP is its length (what the paper calls
//                  identical; the counterfactual one may go on)
//   LCP            longest common prefix, in tokens and in characters
//   LCP share      (prompt + LCP) / (prompt + factual length), the paper's, with those that are
//                  kept whole left out; beside it the mean that keeps them. In tokens where the
//                  prompt's length in tokens is known, and in characters
//   edits          Levenshtein distance in characters and tokens; as a share of the longer text,
//                  and, the paper's, in characters over prompt + counterfactual length
//   cosine         of the two texts' embeddings, where there are any
//   shifts         counterfactual minus factual: length, ended by itself, repeated 4-grams, and for
//                  each pattern the share of texts that it matches
//
// Texts are without their prompt where it is known; where a text holds its prompt (prompt_* = 0),
// the shares are over the whole text, as in the paper (Ravfogel et al., arXiv 2411.07180). A
// measure that a pair does not have (no tokens, fewer than four of them, nothing to divide by)
// leaves the pair out: see each n. Clusters are strings. Memory: about 100 bytes a pair and the
// distinct words; texts are not kept. Not thread safe.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/measure/histogram.h"
#include "otherwise/measure/pattern.h"
#include "otherwise/measure/statistics.h"
#include "otherwise/measure/words.h"

namespace otherwise {

/// One text of a pair, lent.
struct TextSide {
    std::string_view text;
    std::optional<std::span<const Token>> tokens{};  ///< with the EOG token, where it was written
    std::optional<bool> ended{};                     ///< by itself
};

struct TextPair {
    int cluster = 0;  ///< the string's number
    TextSide factual;
    TextSide counterfactual;
    std::string_view prompt{};           ///< "" where it is part of the texts
    std::optional<int> prompt_tokens{};  ///< 0 where the prompt is part of the tokens
    std::optional<double> cosine{};
};

/// A pattern whose hits are counted: "target" or "off-target".
struct Target {
    std::string kind;
    Pattern pattern;
};

enum class Unit { share, tokens, characters, number };

/// One measure of likeness. `key` is its name in JSON.
struct Measure {
    std::string key;
    std::string title;
    Unit unit = Unit::number;
    Measured mean;
    std::optional<Measured> median{};  ///< none for rates
};

/// Pairs in which only one text has the property, and strings by where most of theirs went.
struct Flips {
    long gained = 0;
    long lost = 0;
    long strings_gained = 0;
    long strings_lost = 0;
    double p = 1.0;  ///< McNemar's exact test of the strings
};

/// One shift.
struct Shift {
    std::string key;
    std::string title;
    Unit unit = Unit::number;
    Measured factual;
    Measured counterfactual;
    Measured difference;
    std::optional<Flips> flips{};  ///< of rates
    double variance = 0.0;         ///< of the mean difference, clustered
    double ratio = 0.0;            ///< see variance_ratio
    /// Independent samples of each world for the same precision: ratio · n.
    [[nodiscard]] double independent_samples() const {
        return ratio * static_cast<double>(difference.n);
    }
};

struct PairSummary {
    long pairs = 0;
    long strings = 0;
    long empty = 0;  ///< pairs with an empty text on some side
    std::vector<Measure> measures;
    std::vector<Shift> shifts;
    WordSummary words;
};

class PairMeasures {
public:
    explicit PairMeasures(std::vector<Target> targets = {});

    void add(const TextPair& pair);

    [[nodiscard]] long pairs() const { return static_cast<long>(rows_.size()); }

    /// The order of adding does not matter. Costs the bootstraps of statistics.h.
    [[nodiscard]] PairSummary summary(std::size_t words = 10) const;
    /// Edits over the longer text, in bins from 0 to 1; pairs of equal texts stand apart.
    [[nodiscard]] Histogram edits(int bins) const;
    /// Cosines, in at most 25 bins of 0.01, 0.02, 0.05 or 0.1 up to 1; pairs of equal texts stand
    /// apart. Without counts where there are no cosines.
    [[nodiscard]] Histogram cosines() const;
    /// With draws that other measures of the same clusters may share.
    [[nodiscard]] PairSummary summary(std::size_t words, Resampler& resampler) const;

private:
    static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

    /// What is kept of a pair; −1 and NaN are missing. Of two: factual, counterfactual.
    struct Row {
        int cluster = 0;
        bool unchanged = false;
        bool kept_whole = false;
        int lcp_tokens = -1;
        int lcp_characters = 0;
        int prompt_tokens = -1;
        int prompt_characters = 0;
        int tokens[2] = {-1, -1};
        int characters[2] = {0, 0};
        int edit_characters = 0;
        int edit_tokens = -1;
        int ended[2] = {-1, -1};
        double repeated[2] = {kNone, kNone};
        double cosine = kNone;
    };

    class Table;

    static void add_texts(const TextPair& pair, Row& row);
    static void add_tokens(const TextPair& pair, Row& row);
    static void add_prefixes(Table& table);
    static void add_edits(Table& table);
    void add_shifts(Table& table) const;

    std::vector<Target> targets_;
    std::vector<Row> rows_;
    std::vector<std::uint8_t> hits_;  ///< [rows, targets]: 1 factual, 2 counterfactual
    long empty_ = 0;
    WordCounter words_;
};

/// The shift of the same key and title, nullptr where it or the summary is missing.
[[nodiscard]] const Shift* same_shift(const PairSummary* summary, const Shift& like);

/// How often a paired difference beats one of fresh noise, as measured: the ratio of their
/// clustered variances for equally many pairs. NaN where either is unknown.
[[nodiscard]] double measured_ratio(const Shift& coupled, const Shift& fresh);

}  // namespace otherwise
