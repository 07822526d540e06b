// Which worlds of a session share the factual network, and what the others take.
#include <algorithm>

#include "otherwise/generate/session.h"
#include "otherwise/generate/sharing.h"

namespace otherwise {

/// Floors never share: the null world checks the evaluation. Nothing goes along with known strings,
/// which are not written again.
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
        shares_[w] = options_.known_strings.empty() && same_network(plan, factual_.plan) &&
                     world_prompts_[w] == prompts_ && goes_along(plan.mechanism, terms);
    }
}

/// Contexts beside the factual one.
int Session::own_contexts() const { return static_cast<int>(std::ranges::count(shares_, false)); }

}  // namespace otherwise
