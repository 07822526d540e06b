// What the laws of a study come to, world by world: the rows of `law`'s tables.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "otherwise/generate/record.h"
#include "otherwise/generate/writer_counts.h"
#include "otherwise/measure/law_summary.h"
#include "otherwise/measure/rounding_rows.h"

namespace otherwise {

struct Scene;  // generate/run.h

/// One world.
struct WorldLaw {
    std::string world;
    WorldRole role = WorldRole::change;
    LawSummary summary;
    std::optional<Measured> target{};       ///< P(target text | prompt), where one was asked for
    std::optional<RoundingRow> rounding{};  ///< P(changed) beside the nudge's, on its strings
    WriterCounts rows{};                    ///< of the teacher-forced passes
};

/// Whether every string is surely unchanged, as in the null world, the floor.
[[nodiscard]] bool is_floor(const WorldLaw& law);

/// Sums up the laws of a run as they come out.
class WorldLaws {
public:
    /// Names of the worlds of the scene, floors among them.
    explicit WorldLaws(std::vector<std::string> names);

    void add(const StringLaw& law);

    /// By world. `targets`: of the factual world, then of each; empty without.
    [[nodiscard]] std::vector<WorldLaw> worlds(const Scene& scene, const LawOutcome& report,
                                               std::span<const Measured> targets,
                                               const NudgeOf& nudge_of);
    /// Of one world; reorders what was kept.
    [[nodiscard]] LawSummary summary(std::size_t world) { return summaries_[world].summary(); }

private:
    std::vector<std::string> names_;
    std::vector<LawSummaryBuilder> summaries_;
    std::vector<ChangedStrings> changed_;
};

}  // namespace otherwise
