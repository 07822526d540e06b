// dose_curves of run_report.h.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "otherwise/page/run_report.h"
#include "otherwise/world/syntax.h"

namespace otherwise {
namespace {

constexpr std::size_t kFewestDoses = 3;

/// One number of a world's items, and what the world is without it.
struct Dial {
    std::string name;  ///< "steer sad.gguf", "temp"
    std::string rest;  ///< the same for all worlds that differ by this number alone
    double dose = 0.0;
    std::optional<double> factual;  ///< the dose at which the world is the factual one
};

/// The number of an item, if it has one: its scale, or the argument of temp, top-p and min-p.
std::optional<Dial> dial_of(const std::string& item, const FactualDoses& factual) {
    const ItemParts parts = parse_parts(item);
    const std::string kind(parts.form->kind);
    Dial dial{.name = kind, .rest = kind, .dose = 1.0, .factual = 0.0};
    for (const auto& [key, value] : parts.options) {
        dial.rest.append("\n").append(key).append("=").append(value);
    }
    const bool numeric = parts.form->argument == Argument::number;
    const auto number = read_number<double>(numeric ? parts.argument : parts.scale.value_or("1"));
    if (!number || (!numeric && !parts.form->scaled)) {
        return std::nullopt;
    }
    if (!numeric) {
        dial.name += " " + std::filesystem::path(parts.argument).filename().string();
        dial.rest += "\n" + parts.argument;
    } else if (const auto known = factual.find(kind); known != factual.end()) {
        dial.factual = known->second;
    } else {
        dial.factual.reset();
    }
    dial.dose = *number;
    return dial;
}

std::vector<Dial> dials_of(const ReportWorld& world, const FactualDoses& factual) {
    std::vector<Dial> dials;
    for (std::size_t i = 0; i < world.changes.size(); ++i) {
        auto dial = dial_of(world.changes[i], factual);
        if (!dial) {
            continue;
        }
        for (std::size_t other = 0; other < world.changes.size(); ++other) {
            dial->rest += other == i ? "\n*" : "\n" + world.changes[other];
        }
        if (world.changes.size() > 1) {
            dial->factual.reset();  // the other items are still there
        }
        dials.push_back(*std::move(dial));
    }
    return dials;
}

Measured mean_of(const ReportWorld& world, std::string_view key) {
    const auto& list = world.pairs.measures;
    const auto found = std::ranges::find(list, key, &Measure::key);
    return found == list.end() ? Measured{} : found->mean;
}

/// By the law where all worlds of the curve have one, else counted from their pairs.
DosePoint point_of(const ReportWorld& world, double dose, bool exact) {
    if (exact) {
        return {.dose = dose,
                .unchanged = world.law->unchanged,
                .expected_lcp = world.law->expected_lcp,
                .kl = world.law->kl.mean};
    }
    return {.dose = dose,
            .unchanged = mean_of(world, "unchanged"),
            .expected_lcp = mean_of(world, "lcp_tokens")};
}

/// Mean tokens of the factual strings.
double length_of(const ReportWorld& world, bool exact) {
    if (exact) {
        return world.law->length;
    }
    const auto& list = world.pairs.shifts;
    const auto found = std::ranges::find(list, "length_tokens", &Shift::key);
    return found == list.end() ? std::numeric_limits<double>::quiet_NaN() : found->factual.value;
}

/// Nothing is changed there.
DosePoint factual_point(double dose, double length) {
    return {.dose = dose,
            .unchanged = {.value = 1.0},
            .expected_lcp = {.value = length},
            .kl = 0.0,
            .factual = true};
}

/// A world and the number that makes it one of several.
struct Setting {
    const ReportWorld* world;
    Dial dial;
};

DoseCurve curve_of(const std::vector<Setting>& settings) {
    const bool exact = std::ranges::all_of(
        settings, [](const Setting& setting) { return setting.world->law.has_value(); });
    DoseCurve curve{.name = settings.front().dial.name, .exact = exact, .points = {}};
    const auto factual = settings.front().dial.factual;
    for (const auto& [world, dial] : settings) {
        curve.points.push_back(point_of(*world, dial.dose, exact));
        curve.points.back().factual = dial.dose == factual;
    }
    const double length = length_of(*settings.front().world, exact);
    if (factual && std::isfinite(length) &&
        std::ranges::none_of(curve.points, &DosePoint::factual)) {
        curve.points.push_back(factual_point(*factual, length));
    }
    std::ranges::sort(curve.points, {}, &DosePoint::dose);
    return curve;
}

/// Whether there are enough doses, each of them once.
bool is_sweep(std::vector<Setting> settings) {
    const auto dose = [](const Setting& setting) { return setting.dial.dose; };
    std::ranges::sort(settings, {}, dose);
    return settings.size() >= kFewestDoses &&
           std::ranges::adjacent_find(settings, {}, dose) == settings.end();
}

}  // namespace

std::vector<DoseCurve> dose_curves(std::span<const ReportWorld> worlds,
                                   const FactualDoses& factual) {
    std::map<std::string, std::vector<Setting>> sweeps;
    for (const ReportWorld& world : worlds) {
        if (world.role != WorldRole::change) {
            continue;
        }
        for (Dial& dial : dials_of(world, factual)) {
            const std::string rest = dial.rest;
            sweeps[rest].push_back({.world = &world, .dial = std::move(dial)});
        }
    }
    std::vector<DoseCurve> result;
    for (const auto& [rest, settings] : sweeps) {
        if (is_sweep(settings)) {
            result.push_back(curve_of(settings));
        }
    }
    return result;
}

}  // namespace otherwise
