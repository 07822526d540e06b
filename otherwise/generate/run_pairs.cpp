#include "otherwise/generate/run_pairs.h"

#include <algorithm>
#include <utility>

namespace otherwise {
namespace {

int common_prefix(const Tokens& a, const Tokens& b) {
    const auto [left, right] = std::ranges::mismatch(a, b);
    return static_cast<int>(left - a.begin());
}

}  // namespace

Pair pair_of(Finished finished, const RunWorld& factual, const RunWorld& world, int index) {
    const Sample& sample = finished.sample;
    const auto string = static_cast<std::size_t>(sample.string);
    Pair pair{.string = sample.string,
              .sample = sample.first + sample.number,
              .world = index,
              .role = world.role,
              .independent = sample.independent,
              .observed = sample.factual->observed,
              .factual = sample.factual->written,
              .counterfactual = std::move(finished.written),
              .lcp = 0,
              .margin = sample.margin,
              .world_prompt = world.prompts[string] == factual.prompts[string]
                                  ? nullptr
                                  : world.prompts[string]};
    pair.lcp = common_prefix(pair.factual->tokens, pair.counterfactual.tokens);
    if (!sample.independent && !pair.unchanged()) {
        pair.divergence =
            divergence_of(pair, {.runner_up = sample.last.runner_up, .margin = sample.last.margin});
    }
    return pair;
}

void note_effect(const Sample& sample, const Written& written, const RunWorld& factual,
                 const RunWorld& world, WorldEffect& effect) {
    effect.longest = std::max(effect.longest, static_cast<int>(written.tokens.size()));
    effect.logits_differ = effect.logits_differ || sample.first_row != sample.factual->first_row;
    const auto string = static_cast<std::size_t>(sample.string);
    effect.prompt_differs =
        effect.prompt_differs || *world.prompts[string] != *factual.prompts[string];
    for (const auto& [position, token] : world.rules.forced) {
        const auto& tokens = sample.factual->written->tokens;
        const auto t = static_cast<std::size_t>(position);
        if (t < written.tokens.size() && (t >= tokens.size() || tokens[t] != token)) {
            effect.forced = true;
        }
    }
}

}  // namespace otherwise
