#include "otherwise/study/check_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr double kPercent = 100.0;

/// Values of one world and the strings that they belong to.
struct Values {
    std::vector<double> values;
    std::vector<int> clusters;

    void add(double value, int cluster) {
        values.push_back(value);
        clusters.push_back(cluster);
    }
};

void require_sound(const RunReader& run, const Limits& limits) {
    if (!limits.max_changed && !limits.min_expected_lcp && !limits.floor) {
        misuse({.where = "check_run",
                .expected = "a limit to check (--max-changed, --min-expected-lcp, --floor)",
                .came = "none"});
    }
    std::vector<std::string> names;
    for (const auto& world : run.head().worlds) {
        names.push_back(world.name);
    }
    for (const auto& world : limits.worlds) {
        if (std::ranges::find(names, world) == names.end()) {
            const auto near = nearest_name(world, names);
            misuse({.where = "check_run",
                    .expected = "a world of '" + run.path().string() + "'",
                    .came = "'" + world + "'",
                    .advice = near.empty() ? "" : "did you mean '" + near + "'?"});
        }
    }
    run.require_results();
    const auto progress = run.progress();
    if (!progress.finished()) {
        fail({.where = "check_run",
              .expected = "a finished run",
              .came = fmt::format("one with {} of {} strings", progress.done, progress.strings),
              .advice = "go on with it by `otherwise run --resume`"});
    }
    if (limits.min_expected_lcp && progress.laws < progress.draws) {
        fail({.where = "check_run",
              .expected = "a run with its exact laws (for --min-expected-lcp)",
              .came = fmt::format("the laws of {} of {} strings", progress.laws, progress.draws),
              .advice = "run it without --no-law, or go on by --resume"});
    }
}

std::string percent(double share) { return fmt::format("{:.4g} %", kPercent * share); }

std::string interval_text(const Measured& measured, bool share) {
    if (!measured.interval.known()) {
        return "";
    }
    const auto show = [&](double value) {
        return share ? percent(value) : fmt::format("{:.4g}", value);
    };
    return fmt::format(" (95 %: {} to {})", show(measured.interval.low),
                       show(measured.interval.high));
}

Verdict changed_verdict(const std::string& world, const Values& changed, double limit) {
    Verdict verdict{.world = world,
                    .what = "changed",
                    .value = cluster_rate(changed.values, changed.clusters),
                    .limit = limit};
    const auto count = std::ranges::count(changed.values, 1.0);
    verdict.kept = verdict.value.value <= limit;
    verdict.expected =
        fmt::format("at most {} of the strings changed in world '{}'", percent(limit), world);
    verdict.came = fmt::format("{}, {} of {}{}", percent(verdict.value.value), count,
                               changed.values.size(), interval_text(verdict.value, true));
    return verdict;
}

Verdict lcp_verdict(const std::string& world, const Values& lcp, double limit) {
    Verdict verdict{.world = world,
                    .what = "expected LCP",
                    .value = cluster_mean(lcp.values, lcp.clusters),
                    .limit = limit};
    verdict.kept = verdict.value.value >= limit;
    verdict.expected =
        fmt::format("an expected LCP of at least {:.4g} tokens in world '{}'", limit, world);
    verdict.came =
        fmt::format("{:.4g}{}", verdict.value.value, interval_text(verdict.value, false));
    return verdict;
}

Verdict floor_verdict(const std::string& world, const Values& changed) {
    const auto count = std::ranges::count(changed.values, 1.0);
    return {.world = world,
            .what = "floor",
            .value = cluster_rate(changed.values, changed.clusters),
            .limit = 0.0,
            .kept = count == 0,
            .expected = "the null world to change nothing (--floor)",
            .came = fmt::format("{} of {} strings changed", count, changed.values.size())};
}

}  // namespace

std::vector<Verdict> check_run(const RunReader& run, const Limits& limits) {
    require_sound(run, limits);
    const auto& worlds = run.head().worlds;
    std::vector<Values> changed(worlds.size());
    std::vector<Values> lcp(worlds.size());
    run.each_pair([&](const Pair& pair) {
        if (!pair.independent) {
            changed[static_cast<std::size_t>(pair.world)].add(pair.unchanged() ? 0.0 : 1.0,
                                                              pair.string);
        }
    });
    if (limits.min_expected_lcp) {
        run.each_law([&](const StringLaw& law) {
            lcp[static_cast<std::size_t>(law.world)].add(law.prefix.expected_lcp, law.string);
        });
    }
    std::vector<Verdict> verdicts;
    bool floor = false;
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        const auto& name = worlds[w].name;
        const bool chosen = limits.worlds.empty()
                                ? !worlds[w].null_world
                                : std::ranges::find(limits.worlds, name) != limits.worlds.end();
        if (chosen && limits.max_changed && !changed[w].values.empty()) {
            verdicts.push_back(changed_verdict(name, changed[w], *limits.max_changed));
        }
        if (chosen && limits.min_expected_lcp && !lcp[w].values.empty()) {
            verdicts.push_back(lcp_verdict(name, lcp[w], *limits.min_expected_lcp));
        }
        if (limits.floor && worlds[w].null_world && !changed[w].values.empty()) {
            verdicts.push_back(floor_verdict(name, changed[w]));
            floor = true;
        }
    }
    if (limits.floor && !floor) {
        fail({.where = "check_run",
              .expected = "a run with the null world (for --floor)",
              .came = "'" + run.path().string() + "' without it",
              .advice = "run it without --no-null"});
    }
    return verdicts;
}

}  // namespace otherwise
