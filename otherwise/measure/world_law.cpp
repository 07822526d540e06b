#include "otherwise/measure/world_law.h"

#include <utility>

#include "otherwise/generate/run.h"

namespace otherwise {

bool is_floor(const WorldLaw& law) {
    return law.summary.unchanged.value == 1.0 || law.summary.strings == 0;
}

WorldLaws::WorldLaws(std::vector<std::string> names)
    : names_(std::move(names)), summaries_(names_.size()), changed_(names_.size()) {}

void WorldLaws::add(const StringLaw& law) {
    const auto world = static_cast<std::size_t>(law.world);
    summaries_[world].add(law);
    changed_[world].add(law.string, law.sample, 1.0 - law.prefix.unchanged);
}

std::vector<WorldLaw> WorldLaws::worlds(const Scene& scene, const LawOutcome& report,
                                        std::span<const Measured> targets,
                                        const NudgeOf& nudge_of) {
    const auto rounding = rounding_rows(names_, changed_, nudge_of);
    std::vector<WorldLaw> laws;
    for (std::size_t w = 0; w < names_.size(); ++w) {
        WorldLaw law{.world = names_[w],
                     .role = scene.worlds[w].role,
                     .summary = summary(w),
                     .rows = report.worlds.at(w)};
        if (!targets.empty()) {
            law.target = targets[w + 1];
        }
        if (const auto* row = find_rounding(rounding, law.world)) {
            law.rounding = *row;
        }
        laws.push_back(std::move(law));
    }
    return laws;
}

}  // namespace otherwise
