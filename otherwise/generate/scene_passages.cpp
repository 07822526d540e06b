#include "otherwise/generate/scene_passages.h"

#include <utility>

namespace otherwise {

std::vector<LockstepWorld> lockstep_worlds(const Scene& scene) {
    std::vector<LockstepWorld> worlds{{.evaluator = scene.factual.evaluator}};
    for (const auto& world : scene.worlds) {
        worlds.push_back({.evaluator = world.evaluator,
                          .apart = world.role != WorldRole::change,
                          .shares = world.shares});
    }
    return worlds;
}

Passage passage_of(const Scene& scene, int subject, std::shared_ptr<const Tokens> written) {
    const auto i = static_cast<std::size_t>(subject);
    Passage passage{
        .prompts = {scene.factual.prompts[i]}, .written = std::move(written), .skipped = {false}};
    for (const auto& world : scene.worlds) {
        passage.prompts.push_back(world.prompts[i]);
        passage.skipped.push_back(!world.runs_on(subject));
    }
    const Subject& of = scene.subjects[i];
    passage.tiled_text = scene.options.tiled_texts && of.observed.has_value() && !of.sampled;
    return passage;
}

}  // namespace otherwise
