#include "cli/rounding_show.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

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

/// Of a session or the head of a run, whose worlds have these names.
template <typename Run>
std::vector<RoundingRow> rows_of(const Run& run, const std::vector<std::string>& names,
                                 const std::vector<ChangedStrings>& changed) {
    std::vector<RoundingRow> rows;
    for (std::size_t w = 0; w < names.size(); ++w) {
        const std::optional<std::size_t> nudge = run.nudge_of(w);
        if (!nudge) {
            continue;
        }
        const auto beyond = compare_rounding(changed[w], changed[*nudge]);
        if (beyond.difference.n > 0) {
            rows.push_back({.world = names[w], .nudge = names[*nudge], .beyond = beyond});
        }
    }
    return rows;
}

}  // namespace

std::vector<RoundingRow> rounding_rows(const Session& session,
                                       const std::vector<ChangedStrings>& changed) {
    return rows_of(session, session.world_names(), changed);
}

std::vector<RoundingRow> rounding_rows(const RunHead& head,
                                       const std::vector<ChangedStrings>& changed) {
    std::vector<std::string> names;
    std::ranges::transform(head.worlds, std::back_inserter(names), &StoredWorld::name);
    return rows_of(head, names, changed);
}

const BeyondRounding* find_rounding(const std::vector<RoundingRow>& rows, std::string_view world) {
    const auto found = std::ranges::find(rows, world, &RoundingRow::world);
    return found == rows.end() ? nullptr : &found->beyond;
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
