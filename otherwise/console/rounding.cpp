#include "otherwise/console/rounding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace otherwise::console {
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

}  // namespace

std::string render_rounding(const std::vector<RoundingRow>& rows, bool smooth, const Style& style) {
    std::string text;
    for (const auto& row : rows) {
        const bool near = row.beyond.near_floor();
        text +=
            hang(cells_of("  "), cells_of(line_of(row), near ? Ink::doubtful : Ink::plain), style);
        if (near) {
            const std::string advice = fmt::format(
                "near the rounding floor: {}more strings narrow the interval",
                smooth ? ""
                       : shown(setting("smooth"), style) + " takes the 8-bit activations away; ");
            text += hang(cells_of("    "), cells_of(advice, Ink::dim), style);
        }
    }
    return text;
}

}  // namespace otherwise::console
