#include "otherwise/measure/target.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "otherwise/generate/lockstep.h"
#include "otherwise/generate/scene_passages.h"
#include "otherwise/generate/walk.h"
#include "otherwise/measure/cluster_rates.h"

namespace otherwise {
namespace {

/// log P of one target token at position t in a world.
double log_prob(std::span<const float> logits, const Rules& rules, const Tokens& target, int t,
                WalkScratch& scratch) {
    const Token token = target[static_cast<std::size_t>(t)];
    const auto forced = rules.forced.find(t);
    if (forced != rules.forced.end()) {
        return forced->second == token ? 0.0 : -std::numeric_limits<double>::infinity();
    }
    return world_law(logits, rules, scratch).log_prob(token);
}

std::vector<Passage> passages_of(const Scene& scene, const Tokens& target) {
    const auto written = std::make_shared<const Tokens>(target);
    std::vector<Passage> passages;
    passages.reserve(scene.subjects.size());
    for (std::size_t i = 0; i < scene.subjects.size(); ++i) {
        passages.push_back(passage_of(scene, static_cast<int>(i), written));
        passages.back().tiled_text = false;  // whatever other texts the strings have
    }
    return passages;
}

/// [1 + worlds][subjects][positions]: threads write to different ones.
using Logs = std::vector<std::vector<std::vector<double>>>;

/// Sums over positions; NaN for subjects that a world does not read.
std::vector<std::vector<double>> sums_of(const Logs& logs, const std::vector<Passage>& passages) {
    std::vector<std::vector<double>> sums(logs.size());
    for (std::size_t w = 0; w < logs.size(); ++w) {
        for (std::size_t i = 0; i < passages.size(); ++i) {
            const double sum = std::accumulate(logs[w][i].begin(), logs[w][i].end(), 0.0);
            const bool unread = passages[i].skipped[w];
            sums[w].push_back(unread ? std::numeric_limits<double>::quiet_NaN() : sum);
        }
    }
    return sums;
}

}  // namespace

std::vector<std::vector<double>> target_log_probs(const Scene& scene, const Tokens& target,
                                                  const std::function<bool()>& cancelled) {
    const auto passages = passages_of(scene, target);
    Logs logs(scene.worlds.size() + 1, std::vector<std::vector<double>>(
                                           passages.size(), std::vector<double>(target.size())));
    Lockstep lockstep(lockstep_worlds(scene), scene.options.parallel, scene.options.threads);
    std::vector<WalkScratch> scratch(static_cast<std::size_t>(lockstep.threads()));
    const auto visit = [&](std::size_t subject, const LockstepRow& row) {
        for (std::size_t w = 0; w < logs.size(); ++w) {
            if (!row.logits[w].empty()) {
                const Rules& rules = w == 0 ? scene.factual.rules : scene.worlds[w - 1].rules;
                logs[w][subject][static_cast<std::size_t>(row.position)] =
                    log_prob(row.logits[w], rules, target, row.position,
                             scratch[static_cast<std::size_t>(row.worker)]);
            }
        }
    };
    const auto group = static_cast<std::size_t>(scene.options.parallel);
    for (std::size_t first = 0; first < passages.size() && !(cancelled && cancelled());
         first += group) {
        const auto count = std::min(group, passages.size() - first);
        lockstep.read(
            std::span(passages).subspan(first, count),
            [&](const LockstepRow& row) {
                visit(first + static_cast<std::size_t>(row.passage), row);
            },
            cancelled);
    }
    if (cancelled && cancelled()) {
        return {};
    }
    return sums_of(logs, passages);
}

std::vector<Measured> target_rates(const std::vector<std::vector<double>>& logs) {
    std::vector<Measured> rates;
    for (const auto& world : logs) {
        std::vector<double> values;
        std::vector<int> clusters;
        for (std::size_t i = 0; i < world.size(); ++i) {
            if (!std::isnan(world[i])) {
                values.push_back(std::exp(world[i]));
                clusters.push_back(static_cast<int>(i));
            }
        }
        rates.push_back(cluster_rate(values, clusters));
    }
    return rates;
}

}  // namespace otherwise
