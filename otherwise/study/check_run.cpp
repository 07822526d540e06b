#include "otherwise/study/check_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/measure/rounding.h"

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
    if (limits.over_nudge && !limits.max_changed) {
        misuse({.where = "check_run",
                .expected = "--max-changed with --over-nudge",
                .came = "--over-nudge alone"});
    }
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

/// The world beside its nudge, on the strings that both ran on.
Verdict beyond_verdict(const std::string& world, const BeyondRounding& beyond, double limit) {
    return {
        .world = world,
        .what = "changed beyond rounding",
        .value = beyond.difference,
        .limit = limit,
        .kept = beyond.difference.value <= limit,
        .expected = fmt::format("at most {} more strings changed in world '{}' than in its nudge",
                                percent(limit), world),
        .came = fmt::format("{}{}: {} and {} of {} strings", percent(beyond.difference.value),
                            interval_text(beyond.difference, true), percent(beyond.world.value),
                            percent(beyond.nudge.value), beyond.difference.n)};
}

/// Of the world and its nudge. Throws Error where it has none.
BeyondRounding beyond_of(const RunHead& head, std::size_t world,
                         const std::vector<ChangedStrings>& changed) {
    const std::string& name = head.worlds[world].nudge;
    const auto nudge = std::ranges::find(head.worlds, name, &StoredWorld::name);
    if (name.empty() || nudge == head.worlds.end()) {
        fail({.where = "check_run",
              .expected = "a nudge beside world '" + head.worlds[world].name + "' (--over-nudge)",
              .came = "none: it changes no state, weight or prompt, or the run was made without",
              .advice = "run it without --no-nudge, or check it without --over-nudge"});
    }
    return compare_rounding(changed[world],
                            changed[static_cast<std::size_t>(nudge - head.worlds.begin())]);
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
    std::vector<ChangedStrings> strings(worlds.size());
    run.each_pair([&](const Pair& pair) {
        if (!pair.independent) {
            strings[static_cast<std::size_t>(pair.world)].add(pair.string, pair.sample,
                                                              pair.unchanged() ? 0.0 : 1.0);
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
                                ? worlds[w].role == WorldRole::change
                                : std::ranges::find(limits.worlds, name) != limits.worlds.end();
        const bool over_nudge = limits.over_nudge && worlds[w].role == WorldRole::change;
        if (chosen && limits.max_changed && over_nudge) {
            verdicts.push_back(
                beyond_verdict(name, beyond_of(run.head(), w, strings), *limits.max_changed));
        } else if (chosen && limits.max_changed && !changed[w].values.empty()) {
            verdicts.push_back(changed_verdict(name, changed[w], *limits.max_changed));
        }
        if (chosen && limits.min_expected_lcp && !lcp[w].values.empty()) {
            verdicts.push_back(lcp_verdict(name, lcp[w], *limits.min_expected_lcp));
        }
        if (limits.floor && worlds[w].role == WorldRole::null && !changed[w].values.empty()) {
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
