// dose_curves of run_report.h.
#include <algorithm>
#include <filesystem>
#include <map>
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
};

/// The number of an item, if it has one: its scale, or the argument of temp, top-p and min-p.
std::optional<Dial> dial_of(const std::string& item) {
    const ItemParts parts = parse_parts(item);
    const std::string kind(parts.form->kind);
    Dial dial{.name = kind, .rest = kind, .dose = 1.0};
    for (const auto& [key, value] : parts.options) {
        dial.rest.append("\n").append(key).append("=").append(value);
    }
    const bool numeric = !parts.form->scaled && !parts.form->text && !parts.form->placed;
    const auto number = read_number<double>(numeric ? parts.argument : parts.scale.value_or("1"));
    if (!number || (!numeric && !parts.form->scaled)) {
        return std::nullopt;
    }
    if (!numeric) {
        dial.name += " " + std::filesystem::path(parts.argument).filename().string();
        dial.rest += "\n" + parts.argument;
    }
    dial.dose = *number;
    return dial;
}

std::vector<Dial> dials_of(const ReportWorld& world) {
    std::vector<Dial> dials;
    for (std::size_t i = 0; i < world.changes.size(); ++i) {
        auto dial = dial_of(world.changes[i]);
        if (!dial) {
            continue;
        }
        for (std::size_t other = 0; other < world.changes.size(); ++other) {
            dial->rest += other == i ? "\n*" : "\n" + world.changes[other];
        }
        dials.push_back(*std::move(dial));
    }
    return dials;
}

}  // namespace

std::vector<DoseCurve> dose_curves(std::span<const ReportWorld> worlds) {
    std::map<std::string, DoseCurve> curves;
    for (const ReportWorld& world : worlds) {
        if (world.null_world || !world.law) {
            continue;
        }
        for (const Dial& dial : dials_of(world)) {
            DoseCurve& curve = curves[dial.rest];
            curve.name = dial.name;
            curve.points.push_back({.dose = dial.dose,
                                    .unchanged = world.law->unchanged,
                                    .expected_lcp = world.law->expected_lcp,
                                    .kl = world.law->kl.mean});
        }
    }
    std::vector<DoseCurve> result;
    for (auto& [rest, curve] : curves) {
        std::ranges::sort(curve.points, {}, &DosePoint::dose);
        const auto same = std::ranges::adjacent_find(curve.points, {}, &DosePoint::dose);
        if (curve.points.size() >= kFewestDoses && same == curve.points.end()) {
            result.push_back(std::move(curve));
        }
    }
    return result;
}

}  // namespace otherwise
