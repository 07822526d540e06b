#include "cli/rounding_show.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "cli/law_command.h"

namespace otherwise::cli {
namespace {

constexpr double kHundred = 100.0;

std::string percent(double share) { return fmt::format("{:.1f} %", kHundred * share); }

/// "12.5 %", with a real minus.
std::string signed_percent(double share) {
    return (share < 0.0 ? "−" : "") + percent(std::abs(share));
}

/// "at least 12.5 % [3.1 %, 21.9 %]" or "perhaps nothing, −0.3 % [−4.9 %, 3.9 %]"
std::string beyond_text(const Measured& difference, bool near) {
    std::string text = signed_percent(difference.value);
    const Interval& interval = difference.interval;
    if (interval.known() && interval.low != interval.high) {
        text +=
            fmt::format(" [{}, {}]", signed_percent(interval.low), signed_percent(interval.high));
    }
    return (near ? "perhaps nothing, " : "at least ") + text;
}

std::string line_of(const RoundingRow& row) {
    const auto& [world, nudge, difference] = row.beyond;
    return fmt::format(
        "{}: {} of {} strings changed; a change of no meaning changes {} here; beyond rounding: {}",
        visible(row.world), percent(world.value), difference.n, percent(nudge.value),
        beyond_text(difference, row.beyond.near_floor()));
}

void add_row(std::vector<RoundingRow>& rows, const std::string& world, const std::string& nudge,
             const BeyondRounding& beyond) {
    if (beyond.difference.n > 0) {
        rows.push_back({.world = world, .nudge = nudge, .beyond = beyond});
    }
}

}  // namespace

std::vector<RoundingRow> rounding_rows(const Session& session,
                                       const std::vector<ChangedStrings>& changed) {
    std::vector<RoundingRow> rows;
    for (std::size_t w = 0; w < session.worlds().size(); ++w) {
        const auto nudge = session.nudge_of(w);
        if (!nudge) {
            continue;
        }
        add_row(rows, session.world_names()[w], session.world_names()[*nudge],
                compare_rounding(changed[w], changed[*nudge]));
    }
    return rows;
}

std::vector<RoundingRow> rounding_rows(const RunHead& head,
                                       const std::vector<ChangedStrings>& changed) {
    std::vector<RoundingRow> rows;
    for (std::size_t w = 0; w < head.worlds.size(); ++w) {
        const auto& [name, nudge] = std::tie(head.worlds[w].name, head.worlds[w].nudge);
        const auto found = std::ranges::find(head.worlds, nudge, &StoredWorld::name);
        if (!nudge.empty() && found != head.worlds.end()) {
            const auto at = static_cast<std::size_t>(found - head.worlds.begin());
            add_row(rows, name, nudge, compare_rounding(changed[w], changed[at]));
        }
    }
    return rows;
}

std::string render_rounding(const std::vector<RoundingRow>& rows, bool smooth, const Style& style) {
    std::string text;
    for (const auto& row : rows) {
        const bool near = row.beyond.near_floor();
        text +=
            hang(cells_of("  "), cells_of(line_of(row), near ? Ink::doubtful : Ink::plain), style);
        if (near) {
            const std::string advice =
                fmt::format("near the rounding floor: {}more strings narrow the interval",
                            smooth ? "" : "--smooth takes the 8-bit activations away; ");
            text += hang(cells_of("    "), cells_of(advice, Ink::dim), style);
        }
    }
    return text;
}

void add_rounding(nlohmann::ordered_json& world, const std::vector<RoundingRow>& rows) {
    const auto row =
        std::ranges::find(rows, world["world"].get<std::string>(), &RoundingRow::world);
    if (row != rows.end()) {
        world["rounding"] = {{"nudge", row->nudge},
                             {"changed", measured_json(row->beyond.world)},
                             {"nudge_changed", measured_json(row->beyond.nudge)},
                             {"beyond", measured_json(row->beyond.difference)},
                             {"near_floor", row->beyond.near_floor()}};
    }
}

bool is_smooth(const Session& session) { return !session.model().quantized(); }

}  // namespace otherwise::cli
