// Collects the pairs of a run into what the report page shows.
//
// Every pair counts in the measures (summary.h, pair_measures.h, law_summary.h, curves.h); only the
// strings that come first are kept as texts, `strings` of them with all their worlds. Pairs under
// fresh noise are left out. Cost: the bootstraps of statistics.h for each world. Memory: about 150
// bytes a pair, and the texts that are kept.
//
// Threads: the pairs of each world may be measured on a thread of their own, its laws on another
// and the texts be shown on one more, all at once; everything else is not thread safe. A measure is
// the same bits whatever the threads, since each sees its own pairs in their order.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/measure/string_law.h"
#include "otherwise/page/report_data.h"

namespace otherwise {

struct ReportOptions {
    int strings = 5000;  ///< shown at most; each sample counts
    std::vector<Target> targets;
    int words = 12;   ///< gained and lost, at most
    int fragile = 8;  ///< pairs named for each world, at most
    int bins = 26;    ///< of the histogram of LCPs, at most
    int shares = 20;  ///< bins of the histogram of edits
    int points = 16;  ///< of a sampled curve, at most
};

/// A world before its first pair.
struct WorldHead {
    std::string name;
    std::vector<std::string> changes;
    WorldRole role = WorldRole::change;
    std::string nudge{};  ///< the name of the one beside it
};

/// All that is known of one pair, lent. Texts are written ones, without prompt and EOG token.
struct ReportEntry {
    const Pair& pair;  ///< `world` is an index into the heads; the null world's is not used
    std::string_view id;
    std::string_view prompt;
    std::optional<int> prompt_tokens{};
    std::string_view factual_text;
    std::string_view counterfactual_text;
    std::optional<double> cosine{};
};

/// What one token would have become, most probable first.
struct Becoming {
    int position = 0;
    std::vector<Alternative> alternatives;
};

class ReportBuilder {
public:
    using TextOf = std::function<std::string(Token)>;  ///< bytes of one written token

    ReportBuilder(ReportHead head, std::vector<WorldHead> worlds, ReportOptions options,
                  TextOf piece);

    /// Counts a pair in the measures of its world. In any order.
    void measure(const ReportEntry& entry);
    void measure(const StringLaw& law);

    /// Keeps a pair's texts, where there is room; strings are shown in the order in which they
    /// come.
    void show(const ReportEntry& entry);
    /// The law of a pair that is shown.
    void show(const StringLaw& law, std::vector<Becoming> become);

    /// Both, one after the other.
    void add(const ReportEntry& entry);
    void add(const StringLaw& law, std::vector<Becoming> become);

    /// Whether the string's texts are kept, once a pair of it was added.
    [[nodiscard]] bool shows(int string, int sample) const;

    /// The numbers of one world, once all of it was measured; several worlds may at once.
    void sum_up(int world);

    /// Sums up the worlds that are not yet. Throws Error when there is no pair. To be called once.
    [[nodiscard]] ReportData finish();

private:
    /// Measures of one world in the making.
    struct Making {
        SummaryBuilder summary;
        PairMeasures pairs;
        LawSummaryBuilder law;
        bool has_law = false;
        CurveBuilder curves;
        std::vector<FragilePair> fragile;
        std::vector<std::pair<int, int>> draws;  ///< string and sample of each pair
        ChangedStrings sampled;
        ChangedStrings exact;  ///< by the law
        bool done = false;
    };

    [[nodiscard]] int world_of(int world, WorldRole role) const;
    void compare_with_nudges();
    [[nodiscard]] bool counts(const ReportEntry& entry) const;
    [[nodiscard]] long all_draws() const;
    void keep_fragile(const ReportEntry& entry, Making& making) const;
    [[nodiscard]] std::vector<std::string> pieces(std::span<const Token> tokens) const;

    ReportOptions options_;
    TextOf piece_;
    ReportData data_;
    std::vector<Making> making_;
    std::map<std::pair<int, int>, int> shown_;  ///< string and sample → index, −1 when left out
    std::map<std::pair<int, int>, int> pair_of_;  ///< shown string and world → pair
};

}  // namespace otherwise
