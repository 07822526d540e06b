#include "otherwise/measure/run_totals.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "otherwise/generate/session.h"

namespace otherwise {

std::string WorldTotals::name() const { return world + (independent ? " (fresh noise)" : ""); }

std::vector<WorldLabel> labels_of(const Session& session) {
    std::vector<WorldLabel> labels;
    for (std::size_t w = 0; w < session.world_names().size(); ++w) {
        labels.push_back({.name = session.world_names()[w],
                          .role = session.role(w),
                          .nudge = session.nudge_of(w)});
    }
    return labels;
}

RunTotals::RunTotals(std::vector<WorldLabel> worlds, const std::vector<Target>& targets,
                     bool independent, TextsOf texts)
    : worlds_(std::move(worlds)),
      independent_(independent),
      texts_(std::move(texts)),
      shared_(worlds_.size(), {.summary = {}, .measures = PairMeasures(targets)}),
      fresh_(shared_),
      changed_(worlds_.size()) {}

RunTotals::Making& RunTotals::making(const Pair& pair) {
    return (pair.independent ? fresh_ : shared_)[static_cast<std::size_t>(pair.world)];
}

void RunTotals::add(const Pair& pair) {
    sum(pair);
    if (pair.role != WorldRole::change || !measured_all_) {
        return;
    }
    const PairTexts texts = texts_(pair);
    making(pair).measures.add({.cluster = pair.string,
                               .factual = {.text = texts.factual,
                                           .tokens = pair.factual->tokens,
                                           .ended = pair.factual->ended},
                               .counterfactual = {.text = texts.counterfactual,
                                                  .tokens = pair.counterfactual.tokens,
                                                  .ended = pair.counterfactual.ended},
                               .prompt = texts.prompt,
                               .prompt_tokens = texts.prompt_tokens});
}

void RunTotals::count(const Pair& pair) {
    measured_all_ = false;
    sum(pair);
}

void RunTotals::sum(const Pair& pair) {
    making(pair).summary.add(pair);
    if (!pair.independent) {
        changed_[static_cast<std::size_t>(pair.world)].add(pair.string, pair.sample,
                                                           pair.unchanged() ? 0.0 : 1.0);
    }
}

WorldTotals RunTotals::totals_of(std::size_t world, bool fresh) const {
    const Making& made = (fresh ? fresh_ : shared_)[world];
    WorldTotals totals{.world = worlds_[world].name,
                       .role = worlds_[world].role,
                       .independent = fresh,
                       .summary = made.summary.summary()};
    if (measured_all_ && totals.role == WorldRole::change) {
        totals.measures = made.measures.summary();
    }
    return totals;
}

std::vector<WorldTotals> RunTotals::totals() const {
    std::vector<WorldTotals> all;
    std::vector<std::string> names;
    std::ranges::transform(worlds_, std::back_inserter(names), &WorldLabel::name);
    const auto rounding =
        rounding_rows(names, changed_, [&](std::size_t world) { return worlds_[world].nudge; });
    for (std::size_t w = 0; w < worlds_.size(); ++w) {
        all.push_back(totals_of(w, false));
        if (const auto* row = find_rounding(rounding, worlds_[w].name)) {
            all.back().rounding = *row;
        }
        if (independent_ && worlds_[w].role == WorldRole::change) {
            all.push_back(totals_of(w, true));
        }
    }
    return all;
}

}  // namespace otherwise
