#include "otherwise/measure/target.h"

#include <limits>
#include <memory>

#include "otherwise/generate/lockstep.h"
#include "otherwise/generate/walk.h"

namespace otherwise {
namespace {

struct Scratch {
    WalkScratch walk;
};

/// log P of one target token at position t in a world.
double log_prob(std::span<const float> logits, const Rules& rules, const Tokens& target, int t,
                Scratch& scratch) {
    const Token token = target[static_cast<std::size_t>(t)];
    const auto forced = rules.forced.find(t);
    if (forced != rules.forced.end()) {
        return forced->second == token ? 0.0 : -std::numeric_limits<double>::infinity();
    }
    return world_law(logits, rules, scratch.walk).log_prob(token);
}

std::vector<LockstepWorld> worlds_of(const Scene& scene) {
    std::vector<LockstepWorld> worlds{{.evaluator = scene.factual.evaluator}};
    for (const auto& world : scene.worlds) {
        worlds.push_back({.evaluator = world.evaluator, .apart = world.null_world});
    }
    return worlds;
}

}  // namespace

std::vector<std::vector<double>> target_log_probs(const Scene& scene, const Tokens& target,
                                                  const std::function<bool()>& cancelled) {
    const std::size_t n = scene.subjects.size();
    const auto written = std::make_shared<const Tokens>(target);
    std::vector<Passage> passages;
    // One slot for each position, since threads write to different ones.
    std::vector<std::vector<std::vector<double>>> logs(
        scene.worlds.size() + 1,
        std::vector<std::vector<double>>(n, std::vector<double>(target.size())));
    for (std::size_t i = 0; i < n; ++i) {
        Passage passage{.prompts = {scene.factual.prompts[i]}, .written = written};
        for (const auto& world : scene.worlds) {
            passage.prompts.push_back(world.prompts[i]);
        }
        passage.selected = i < scene.options.null_strings.size() && scene.options.null_strings[i];
        passages.push_back(std::move(passage));
    }
    Lockstep lockstep(worlds_of(scene), scene.options.parallel, scene.options.threads);
    std::vector<Scratch> scratch(static_cast<std::size_t>(lockstep.threads()));
    const auto visit = [&](std::size_t offset) {
        return [&, offset](const LockstepRow& row) {
            const auto subject = offset + static_cast<std::size_t>(row.passage);
            for (std::size_t w = 0; w < logs.size(); ++w) {
                if (row.logits[w].empty()) {
                    continue;
                }
                const Rules& rules = w == 0 ? scene.factual.rules : scene.worlds[w - 1].rules;
                logs[w][subject][static_cast<std::size_t>(row.position)] =
                    log_prob(row.logits[w], rules, target, row.position,
                             scratch[static_cast<std::size_t>(row.worker)]);
            }
        };
    };
    const auto group = static_cast<std::size_t>(scene.options.parallel);
    for (std::size_t first = 0; first < n && !(cancelled && cancelled()); first += group) {
        const auto count = std::min(group, n - first);
        lockstep.read(std::span(passages).subspan(first, count), visit(first));
    }
    std::vector<std::vector<double>> sums(logs.size(), std::vector<double>(n, 0.0));
    for (std::size_t w = 0; w < logs.size(); ++w) {
        for (std::size_t i = 0; i < n; ++i) {
            for (const double log : logs[w][i]) {
                sums[w][i] += log;
            }
            if (w > 0 && scene.worlds[w - 1].null_world && !passages[i].selected) {
                sums[w][i] = std::numeric_limits<double>::quiet_NaN();
            }
        }
    }
    return sums;
}

}  // namespace otherwise
