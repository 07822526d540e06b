// What the pairs of a run come to, world by world: counts (summary.h), measures of the texts
// (pair_measures.h), the same under fresh noise, and what of each change is more than rounding
// (rounding.h). From a run as it goes on, or from its file: the order of the pairs does not matter.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/generate/record.h"
#include "otherwise/measure/pair_measures.h"
#include "otherwise/measure/rounding_rows.h"
#include "otherwise/measure/summary.h"

namespace otherwise {

class Session;

/// A world of a run.
struct WorldLabel {
    std::string name;
    WorldRole role = WorldRole::change;
    std::optional<std::size_t> nudge{};  ///< the index of the one beside it
};

/// Totals of one world, or of what it wrote under fresh noise.
struct WorldTotals {
    std::string world;
    WorldRole role = WorldRole::change;
    bool independent = false;  ///< under fresh noise
    Summary summary;
    /// Of worlds that are no floor, where every pair was measured.
    std::optional<PairSummary> measures{};
    std::optional<RoundingRow> rounding{};  ///< beside its nudge, where it has one

    /// "hot", or "hot (fresh noise)".
    [[nodiscard]] std::string name() const;
};

/// The worlds of a session, by Pair::world.
[[nodiscard]] std::vector<WorldLabel> labels_of(const Session& session);

/// The texts of a pair and what they follow.
struct PairTexts {
    std::string factual;
    std::string counterfactual;
    std::string_view prompt;  ///< lent
    int prompt_tokens = 0;    ///< of the factual prompt
};
using TextsOf = std::function<PairTexts(const Pair&)>;

/// Memory: about 200 bytes a pair. Not thread safe.
class RunTotals {
public:
    /// `worlds` by Pair::world; `independent`: worlds were written under fresh noise, too.
    RunTotals(std::vector<WorldLabel> worlds, const std::vector<Target>& targets, bool independent,
              TextsOf texts);

    void add(const Pair& pair);
    /// Only counts it: no totals have measures from then on.
    void count(const Pair& pair);

    /// False where a pair was only counted.
    [[nodiscard]] bool measured_all() const { return measured_all_; }

    /// By world; what it wrote under fresh noise after each. Costs the bootstraps of statistics.h.
    [[nodiscard]] std::vector<WorldTotals> totals() const;

private:
    struct Making {
        SummaryBuilder summary;
        PairMeasures measures;
    };

    [[nodiscard]] Making& making(const Pair& pair);
    void sum(const Pair& pair);
    [[nodiscard]] WorldTotals totals_of(std::size_t world, bool fresh) const;

    std::vector<WorldLabel> worlds_;
    bool independent_;
    TextsOf texts_;
    std::vector<Making> shared_;  ///< [worlds]
    std::vector<Making> fresh_;
    std::vector<ChangedStrings> changed_;
    bool measured_all_ = true;
};

}  // namespace otherwise
