#include "otherwise/page/answer_sentences.h"

#include <fmt/format.h>

#include <algorithm>

#include "otherwise/base/setting.h"
#include "otherwise/page/shown_numbers.h"

namespace otherwise {

const Measure* measure_of(const ReportWorld& world, std::string_view key) {
    const auto& list = world.pairs.measures;
    const auto found = std::ranges::find(list, key, &Measure::key);
    return found == list.end() ? nullptr : &*found;
}

namespace {

/// What is counted: strings, or where they have several, their samples.
std::string unit_of(const ReportWorld& world) {
    return world.pairs.strings == world.pairs.pairs ? "string" : "sample";
}

/// " [52 %, 68 %]"
std::string brackets(const ReportWorld& world) {
    const Measure* unchanged = measure_of(world, "unchanged");
    if (unchanged == nullptr || !unchanged->mean.interval.known()) {
        return "";
    }
    const Interval& interval = unchanged->mean.interval;
    return fmt::format(" [{}, {}]", fine(interval.low), fine(interval.high));
}

const ReportWorld* null_of(const ReportData& data) {
    const auto null = std::ranges::find(data.worlds, WorldRole::null, &ReportWorld::role);
    return null == data.worlds.end() || null->summary.strings == 0 ? nullptr : &*null;
}

/// "; a change of no meaning leaves 69 % here; the null world: 0 changed"
std::string floor_of(const ReportData& data, const ReportWorld& world) {
    std::string text;
    const auto nudge = std::ranges::find(data.worlds, world.nudge, &ReportWorld::name);
    if (world.beyond && nudge != data.worlds.end()) {
        text = fmt::format("; a change of no meaning leaves {} here",
                           percent(nudge->summary.unchanged_share));
    }
    const ReportWorld* null = world.role == WorldRole::null ? nullptr : null_of(data);
    if (null != nullptr) {
        text += fmt::format("; the null world: {} changed",
                            whole(null->summary.strings - null->summary.unchanged));
    }
    return text;
}

/// The worlds that this nudge stands beside, "up, down".
std::string owners_of(const ReportData& data, const ReportWorld& nudge) {
    std::string names;
    for (const auto& world : data.worlds) {
        if (world.nudge == nudge.name) {
            names += (names.empty() ? "" : ", ") + world.name;
        }
    }
    return names;
}

}  // namespace

std::string rounding_of(const ReportData& data, const ReportWorld& world) {
    if (world.role == WorldRole::nudge) {
        const std::string owners = owners_of(data, world);
        return fmt::format(
            "A change of no meaning{}: each state moves by a hundred-thousandth. What changes here "
            "is rounding alone: the rounding floor.",
            owners.empty() ? "" : ", where " + owners + " first acts");
    }
    if (!world.beyond) {
        return "";
    }
    const auto& [own, nudge, difference] = *world.beyond;
    const std::string both = fmt::format(
        "On the {} that both ran on, {}this world changes {} and a change of no meaning "
        "{}",
        counted(difference.n, unit_of(world)), world.exact_beyond ? "by the exact law, " : "",
        fine(own.value), fine(nudge.value));
    if (world.beyond->near_floor()) {
        const std::string advice = data.head.smooth ? "M"
                                                    : plain_settings(setting("smooth")) +
                                                          " takes 8-bit activations away, m";
        return both + fmt::format(
                          "; the difference{} may be none: this is near the rounding floor. "
                          "{}ore strings narrow the interval.",
                          between(difference.interval), advice);
    }
    return both + fmt::format(": at least {}{} are changed by more than rounding.",
                              fine(difference.value), between(difference.interval));
}

std::string answer_of(const ReportData& data, const ReportWorld& world) {
    const Summary& s = world.summary;
    const std::string unit = unit_of(world);
    const std::string floor = floor_of(data, world);
    if (s.strings == 0) {
        return "There is no string in this world.";
    }
    if (s.unchanged == s.strings) {
        return s.strings == 1 ? fmt::format("The one string is unchanged{}.", floor)
                              : fmt::format("All {} are unchanged{}{}.", counted(s.strings, unit),
                                            brackets(world), floor);
    }
    const std::string tokens =
        brief(*s.mean_divergence) + (*s.mean_divergence == 1 ? " token" : " tokens");
    if (s.unchanged == 0) {
        return fmt::format("No {} is unchanged{}; they diverge after {} on average{}.", unit,
                           brackets(world), tokens, floor);
    }
    return fmt::format("{}{} of {}s are unchanged; the rest diverge after {} on average{}.",
                       percent(s.unchanged_share), brackets(world), unit, tokens, floor);
}

std::string certainty_of(const ReportData& data, const ReportWorld& world) {
    const long pairs = world.pairs.pairs;
    const long strings = world.pairs.strings;
    std::string text = fmt::format("From {}.", counted(pairs, unit_of(world)));
    if (strings != pairs) {
        text = fmt::format("From {} of {}.", counted(pairs, "sample"), counted(strings, "string"));
    }
    if (!brackets(world).empty()) {
        text += " In brackets the 95 % interval, over strings.";
    }
    if (strings < kFewClusters) {
        text += " So few strings make intervals too narrow.";
    }
    const ReportWorld* null = null_of(data);
    if (null != nullptr && world.role != WorldRole::null &&
        null->summary.unchanged < null->summary.strings) {
        text += fmt::format(
            " The null world, which changes nothing, changed {} of {}: the floor is not zero.",
            whole(null->summary.strings - null->summary.unchanged), whole(null->summary.strings));
    }
    return text;
}

}  // namespace otherwise
