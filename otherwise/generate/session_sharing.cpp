// Which worlds of a session share the factual network, and what the others take.
#include <algorithm>

#include "otherwise/generate/session.h"
#include "otherwise/generate/sharing.h"

namespace otherwise {

/// Floors never share: the null world checks the evaluation.
void Session::find_sharing() {
    const bool sampled = std::ranges::any_of(
        subjects_, [](const Subject& subject) { return !subject.observed.has_value(); });
    const SharingTerms terms{.can_trim = !factual_.model->recurrent(),
                             .writes = !options_.read_only,
                             .several = sampled && options_.samples > 1,
                             .factual = factual_.plan.mechanism};
    shares_.assign(world_count(), false);
    for (std::size_t w = 0; w < worlds_.size(); ++w) {
        const WorldPlan& plan = worlds_[w].plan;
        shares_[w] = same_network(plan, factual_.plan) && world_prompts_[w] == prompts_ &&
                     goes_along(plan.mechanism, terms);
    }
}

/// Contexts beside the factual one.
int Session::own_contexts() const { return static_cast<int>(std::ranges::count(shares_, false)); }

/// Rows that a string of `written` tokens takes at most, in all worlds.
long Session::rows_of(std::size_t i, long written) const {
    const long draws = subjects_[i].observed ? 1 : options_.samples;
    const auto prompt = static_cast<long>(prompts_[i]->size());
    const bool drawn = !options_.read_only || !subjects_[i].observed;
    long rows = drawn ? prompt + draws * (written - 1) : 0;
    rows += options_.read_only ? draws * (prompt + written - 1) : 0;
    for (std::size_t w = 0; w < world_prompts_.size(); ++w) {
        if (w >= worlds_.size() && !strings_of(w)[i]) {
            continue;
        }
        const long own = shares_[w] ? 0 : static_cast<long>(world_prompts_[w][i]->size());
        if (options_.read_only) {
            rows += shares_[w] ? 0 : draws * (own + written - 1);
            continue;
        }
        const long times = options_.independent && role(w) == WorldRole::change ? 2 : 1;
        rows += times * (own + options_.samples * (written - 1));
    }
    return rows;
}

}  // namespace otherwise
