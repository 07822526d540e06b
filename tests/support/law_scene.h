// Laws on stub models: a scene's evaluators and the laws that come out.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "otherwise/measure/law.h"
#include "tests/support/plain_run.h"

namespace otherwise::test {

/// Stub evaluators of a test scene, as the scene of a law.
class LawBench {
public:
    LawBench(const Scene& scene, const Machine& machine)
        : scene_(scene), machine_(machine), factual_(machine.shape(), scene.factual.model) {
        for (const auto& world : scene.worlds) {
            worlds_.push_back(std::make_unique<StubEvaluator>(machine.shape(), world.model));
        }
    }

    [[nodiscard]] otherwise::Scene scene() {
        otherwise::Scene scene{.subjects = scene_.subjects,
                               .factual = world(scene_.factual, &factual_),
                               .worlds = {},
                               .options = scene_.options};
        for (std::size_t i = 0; i < worlds_.size(); ++i) {
            scene.worlds.push_back(world(scene_.worlds[i], worlds_[i].get()));
        }
        scene.options.parallel = machine_.parallel;
        scene.options.threads = machine_.threads;
        scene.options.null_strings.resize(scene_.subjects.size());
        return scene;
    }

    std::vector<StringLaw> laws(const LawOptions& options = {}) {
        std::vector<StringLaw> laws;
        report = run_laws(scene(), options,
                          {.on_string = [&](const StringLaw& law) { laws.push_back(law); },
                           .on_progress = {},
                           .cancelled = {}});
        return laws;
    }

    LawReport report;

private:
    RunWorld world(const StubWorld& world, Evaluator* evaluator) {
        return {.name = world.name,
                .evaluator = evaluator,
                .rules = rules_of(world),
                .prompts = prompts_of(scene_, world),
                .null_world = world.null_world,
                .expect_same = world.expect_same};
    }

    const Scene& scene_;
    Machine machine_;
    StubEvaluator factual_;
    std::vector<std::unique_ptr<StubEvaluator>> worlds_;
};

}  // namespace otherwise::test
