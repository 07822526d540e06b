#include "otherwise/study/check_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/measure/cluster_rates.h"
#include "otherwise/measure/rounding.h"
#include "otherwise/study/stored_run.h"

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

void require_sound(const StoredRun& run, const Limits& limits) {
    if (limits.over_nudge && !limits.max_changed) {
        misuse({.where = "check_run",
                .expected = setting("max_changed") + " with " + setting("over_nudge"),
                .came = setting("over_nudge") + " alone"});
    }
    if (!limits.max_changed && !limits.min_expected_lcp && !limits.floor) {
        misuse({.where = "check_run",
                .expected = "a limit to check (" + setting("max_changed") + ", " +
                            setting("min_expected_lcp") + ", " + setting("floor") + ")",
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
              .came = fmt::format("one with {} of {} strings{}", progress.done, progress.strings,
                                  missing_text(run)),
              .advice = "go on with it by `otherwise run --resume`"});
    }
    if (limits.min_expected_lcp && progress.laws < progress.draws) {
        fail({.where = "check_run",
              .expected = "a run with its exact laws (for " + setting("min_expected_lcp") + ")",
              .came = fmt::format("the laws of {} of {} strings", progress.laws, progress.draws),
              .advice =
                  "run it without " + setting("no_law") + ", or go on by " + setting("resume")});
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
            .expected = "the null world to change nothing",
            .came = fmt::format("{} of {} strings changed", count, changed.values.size())};
}

/// What the limits look at.
struct Gathered {
    Values changed;
    Values lcp;
    ChangedStrings strings;
};

/// [worlds]
std::vector<Gathered> gather(const StoredRun& run, const Limits& limits) {
    std::vector<Gathered> worlds(run.head().worlds.size());
    run.each_pair([&](const Pair& pair) {
        if (!pair.independent) {
            auto& world = worlds[static_cast<std::size_t>(pair.world)];
            const double changed = pair.unchanged() ? 0.0 : 1.0;
            world.changed.add(changed, pair.string);
            world.strings.add(pair.string, pair.sample, changed);
        }
    });
    if (limits.min_expected_lcp) {
        run.each_law([&](const StringLaw& law) {
            worlds[static_cast<std::size_t>(law.world)].lcp.add(law.prefix.expected_lcp,
                                                                law.string);
        });
    }
    return worlds;
}

/// The world beside its nudge. Throws Error where it has none.
BeyondRounding beyond_of(const RunHead& head, std::size_t world,
                         const std::vector<Gathered>& worlds) {
    const auto nudge = head.nudge_of(world);
    if (!nudge) {
        fail({.where = "check_run",
              .expected = "a nudge beside world '" + head.worlds[world].name + "' (" +
                          setting("over_nudge") + ")",
              .came = "none: it changes no state, weight or prompt, or the run was made without",
              .advice = "name worlds that have one by " + setting("world") +
                        ", or run it without " + setting("no_nudge")});
    }
    return compare_rounding(worlds[world].strings, worlds[*nudge].strings);
}

void add_verdicts(const RunHead& head, std::size_t world, const std::vector<Gathered>& worlds,
                  const Limits& limits, std::vector<Verdict>& verdicts) {
    const auto& [name, role] = std::tie(head.worlds[world].name, head.worlds[world].role);
    const Gathered& its = worlds[world];
    if (limits.max_changed && limits.over_nudge && role == WorldRole::change) {
        verdicts.push_back(
            beyond_verdict(name, beyond_of(head, world, worlds), *limits.max_changed));
    } else if (limits.max_changed && !its.changed.values.empty()) {
        verdicts.push_back(changed_verdict(name, its.changed, *limits.max_changed));
    }
    if (limits.min_expected_lcp) {
        if (its.lcp.values.empty()) {
            fail({.where = "check_run",
                  .expected = "exact laws of world '" + name + "' (for " +
                              setting("min_expected_lcp") + ")",
                  .came = "none in this run",
                  .advice = "name worlds that have some by " + setting("world")});
        }
        verdicts.push_back(lcp_verdict(name, its.lcp, *limits.min_expected_lcp));
    }
}

}  // namespace

std::vector<Verdict> check_run(const StoredRun& run, const Limits& limits) {
    require_sound(run, limits);
    const auto worlds = gather(run, limits);
    std::vector<Verdict> verdicts;
    bool floor = false;
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        const StoredWorld& world = run.head().worlds[w];
        const bool chosen = limits.worlds.empty() ? world.role == WorldRole::change
                                                  : std::ranges::find(limits.worlds, world.name) !=
                                                        limits.worlds.end();
        if (chosen) {
            add_verdicts(run.head(), w, worlds, limits, verdicts);
        }
        if (limits.floor && world.role == WorldRole::null && !worlds[w].changed.values.empty()) {
            verdicts.push_back(floor_verdict(world.name, worlds[w].changed));
            floor = true;
        }
    }
    if (limits.floor && !floor) {
        fail({.where = "check_run",
              .expected = "a run with the null world (for " + setting("floor") + ")",
              .came = "'" + run.path().string() + "' without it",
              .advice = "run it without " + setting("no_null")});
    }
    return verdicts;
}

}  // namespace otherwise
