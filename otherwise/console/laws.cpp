#include "otherwise/console/laws.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "otherwise/console/table.h"

namespace otherwise::console {
namespace {

constexpr std::array<int, 9> kSurvivalAt{1, 2, 5, 10, 25, 50, 100, 250, 1000};
constexpr double kMarked = 0.9;  // tokens that stay less surely are marked in plain text
constexpr int kBarWidth = 24;

/// A table in the making.
struct LineTable {
    std::vector<std::string> heading;
    std::vector<TableLine> lines;
};

std::string render(const LineTable& table, const Style& style) {
    return render(table_of(table.heading, table.lines), style.colour);
}

/// The floors last, under their proper names.
std::vector<WorldLaw> in_order(std::span<const WorldLaw> rows) {
    std::vector<WorldLaw> ordered(rows.begin(), rows.end());
    std::ranges::stable_sort(ordered, {}, [](const WorldLaw& row) { return rank_of(row.role); });
    for (auto& row : ordered) {
        row.world = floor_name(row.world, row.role);
    }
    return ordered;
}

Ink ink_of(const WorldLaw& row) {
    if (row.role == WorldRole::change) {
        return Ink::plain;
    }
    return row.role == WorldRole::nudge || is_floor(row) ? Ink::dim : Ink::alarm;
}

std::string fixed(double value, int digits) {
    return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : fmt::format("{}", value);
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

/// A number that only scored positions give.
std::string scored(const LawSummary& summary, std::string text) {
    return summary.positions > 0 ? std::move(text) : "–";
}

/// Probabilities that may be tiny.
std::string probability(double value) {
    if (value == 0.0 || value == 1.0) {
        return fmt::format("{:.0f}", value);
    }
    return value < 0.001 ? fmt::format("{:.1e}", value) : fmt::format("{:.3f}", value);
}

LineTable stays(const std::vector<WorldLaw>& rows) {
    LineTable table{.heading = {"world", "strings", "P(unchanged)", "expected LCP", "of",
                                "agreement", "fresh draws"},
                    .lines = {}};
    const bool exact = std::ranges::any_of(
        rows, [](const WorldLaw& row) { return row.summary.exact_agreement.has_value(); });
    const bool target =
        std::ranges::any_of(rows, [](const WorldLaw& row) { return row.target.has_value(); });
    if (exact) {
        table.heading.insert(table.heading.end() - 1, "exact");
    }
    if (target) {
        table.heading.emplace_back("P(target)");
    }
    const bool over =
        std::ranges::any_of(rows, [](const WorldLaw& row) { return row.rounding.has_value(); });
    if (over) {
        table.heading.insert(table.heading.begin() + 3, "changed over nudge");
    }
    for (const auto& row : rows) {
        const LawSummary& s = row.summary;
        const bool floor = row.role == WorldRole::null && is_floor(row);  // no estimate: exactly 1
        std::vector<std::string> cells{row.world,
                                       fmt::format("{}", s.strings),
                                       floor ? "1" : measured_text(s.unchanged, 3),
                                       measured_text(s.expected_lcp, 2),
                                       fixed(s.length, 1),
                                       scored(s, fixed(s.agreement, 3))};
        if (exact) {
            cells.push_back(s.exact_agreement ? fixed(*s.exact_agreement, 3) : "–");
        }
        cells.push_back(scored(s, fixed(s.same_draw, 3)));
        if (target) {
            cells.push_back(row.target ? measured_text(*row.target, 4) : "–");
        }
        if (over) {
            cells.insert(cells.begin() + 3,
                         row.rounding ? measured_text(row.rounding->beyond.difference, 3) : "");
        }
        table.lines.push_back({.cells = std::move(cells), .ink = ink_of(row)});
    }
    return table;
}

LineTable survivals(const std::vector<WorldLaw>& rows) {
    std::size_t longest = 0;
    for (const auto& row : rows) {
        longest = std::max(longest, row.summary.survival.size());
    }
    LineTable table{.heading = {"survival: first t tokens kept, t ="}, .lines = {}};
    std::vector<std::size_t> at;
    for (const int t : kSurvivalAt) {
        if (static_cast<std::size_t>(t) <= longest) {
            at.push_back(static_cast<std::size_t>(t));
            table.heading.push_back(fmt::format("{}", t));
        }
    }
    for (const auto& row : rows) {
        std::vector<std::string> cells{row.world};
        for (const std::size_t t : at) {  // P(LCP ≥ t) is the survival of position t − 1
            const auto& survival = row.summary.survival;
            cells.push_back(t <= survival.size() ? probability(survival[t - 1].value) : "–");
        }
        table.lines.push_back({.cells = std::move(cells), .ink = ink_of(row)});
    }
    return table;
}

LineTable divergences(const std::vector<WorldLaw>& rows) {
    LineTable table{.heading = {"KL divergence, nats", "mean", "median", "90 %", "99 %", "99.9 %",
                                "max", "same top", "RMS Δp", "perplexity", "factual"},
                    .lines = {}};
    for (const auto& row : rows) {
        const LawSummary& s = row.summary;
        if (s.positions == 0) {
            std::vector<std::string> none(table.heading.size(), "–");
            none.front() = row.world;
            table.lines.push_back({.cells = std::move(none), .ink = ink_of(row)});
            continue;
        }
        table.lines.push_back(
            {.cells = {row.world, fixed(s.kl.mean, 4), fixed(s.kl.median, 4), fixed(s.kl.p90, 3),
                       fixed(s.kl.p99, 2), fixed(s.kl.p999, 2), fixed(s.kl.maximum, 2),
                       percent(s.same_top), percent(s.rms_dp), fixed(s.other_perplexity, 2),
                       fixed(s.perplexity, 2)},
             .ink = ink_of(row)});
    }
    return table;
}

LineTable bounds(const std::vector<WorldLaw>& rows) {
    LineTable table{.heading = {"P(unchanged) over couplings", "least", "Gumbel", "most",
                                "most, token by token"},
                    .lines = {}};
    for (const auto& row : rows) {
        const LawSummary& s = row.summary;
        table.lines.push_back(
            {.cells = {row.world, probability(s.bounds.low), probability(s.unchanged.value),
                       probability(s.bounds.high), probability(s.token_bounds.high)},
             .ink = ink_of(row)});
    }
    return table;
}

/// Whether the bytes end before the last byte of a character.
bool ends_inside_character(std::string_view bytes) {
    constexpr std::size_t kLongest = 4;
    for (std::size_t back = 1; back <= std::min(kLongest, bytes.size()); ++back) {
        const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
        if (byte < 0x80U) {
            return false;
        }
        if (byte >= 0xC0U) {  // a first byte: it says how many there are
            const std::size_t least = byte >= 0xE0U ? 3 : 2;
            return back < (byte >= 0xF0U ? 4 : least);
        }
    }
    return false;
}

Ink stay_ink(double stay) {
    if (stay >= 0.99) {
        return Ink::dim;
    }
    if (stay >= kMarked) {
        return Ink::plain;
    }
    return stay >= 0.5 ? Ink::doubtful : Ink::unlikely;
}

}  // namespace

std::string measured_text(const Measured& measured, int digits) {
    // Where so few digits would show nothing, the powers of ten are the message.
    const bool tiny = measured.value > 0.0 && measured.value < 0.5 * std::pow(10.0, -digits);
    const auto text = [&](double value) {
        return tiny && value > 0.0 ? fmt::format("{:.0e}", value) : fixed(value, digits);
    };
    if (!measured.interval.known() || measured.interval.low == measured.interval.high) {
        return text(measured.value);
    }
    return fmt::format("{} [{}, {}]", text(measured.value), text(measured.interval.low),
                       text(measured.interval.high));
}

std::string render_law(std::span<const WorldLaw> rows, std::string_view rounding,
                       const Style& style) {
    const auto ordered = in_order(rows);
    std::string text = render(stays(ordered), style);
    for (const auto& row : ordered) {
        if (row.role == WorldRole::null && !is_floor(row)) {
            const Cells alarm = cells_of("  ^ the floor should surely be unchanged", Ink::alarm);
            text += paint(alarm, style.colour) + "\n";
        }
    }
    if (!rounding.empty()) {
        text += "\n" + std::string(rounding);
    }
    return text + "\n" + render(survivals(ordered), style) + "\n" +
           render(divergences(ordered), style) + "\n" + render(bounds(ordered), style);
}

std::string render_sweep(std::string_view name, std::span<const DoseRow> rows, const Style& style) {
    const bool target =
        std::ranges::any_of(rows, [](const DoseRow& row) { return row.target.has_value(); });
    LineTable table{.heading = {std::string(name), "P(unchanged)", "KL mean"}, .lines = {}};
    if (target) {
        table.heading.emplace_back("P(target)");
    }
    table.heading.emplace_back("expected LCP");
    double longest = 0.0;
    for (const auto& row : rows) {
        longest = std::max(longest, row.summary.length);
        std::vector<std::string> cells{row.dose ? fmt::format("{:g}", *row.dose) : "nudge",
                                       measured_text(row.summary.unchanged, 3),
                                       fixed(row.summary.kl.mean, 4)};
        if (target) {
            cells.push_back(row.target ? measured_text(*row.target, 4) : "–");
        }
        cells.push_back(measured_text(row.summary.expected_lcp, 2));
        table.lines.push_back({.cells = std::move(cells)});
    }
    // The plot: a bar behind each line of the table.
    std::string text = render(table, style);
    std::string plotted;
    std::size_t line = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        plotted += text.substr(at, end - at);
        if (line > 0) {
            const double share =
                longest > 0.0 ? rows[line - 1].summary.expected_lcp.value / longest : 0.0;
            plotted += "  " + paint(cells_of(bar(share, kBarWidth), Ink::accent), style.colour);
        } else {
            plotted += fmt::format("  of {:.1f} tokens", longest);
        }
        plotted += '\n';
        ++line;
        at = end + 1;
    }
    return plotted;
}

std::string render_token_law(std::string_view title, const TokenLaw& law,
                             const std::function<std::string(Token)>& piece, const Style& style) {
    const auto line = [&](const Outcome& outcome, bool observed) {
        return TableLine{
            .cells = {fmt::format("{} {}", observed ? "=" : "→", "'" + piece(outcome.token) + "'"),
                      probability(outcome.probability), probability(outcome.p),
                      probability(outcome.q), fmt::format("{:.3g}", outcome.ratio)},
            .ink = observed ? Ink::strong : Ink::plain};
    };
    LineTable table{.heading = {std::string(title), "P(becomes)", "p", "q", "q/p"}, .lines = {}};
    table.lines.push_back(line(law.observed, true));
    for (const auto& outcome : law.outcomes) {
        if (outcome.token != law.observed.token) {
            table.lines.push_back(line(outcome, false));
        }
    }
    table.lines.push_back({.cells = {"others", probability(law.rest)}, .ink = Ink::dim});
    return render(table, style);
}

std::string render_tokens(std::string_view label, std::span<const TokenView> tokens,
                          const Style& style) {
    Cells cells;
    std::string bytes;  // of tokens that end inside a character
    double stay = 1.0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        bytes += tokens[i].text;
        stay = std::min(stay, tokens[i].stay);
        if (ends_inside_character(bytes) && i + 1 < tokens.size()) {
            continue;
        }
        append(cells, bytes, style.colour ? stay_ink(stay) : Ink::plain);
        if (!style.colour && stay < kMarked) {
            append(cells, fmt::format("[{:.0f}]", 100.0 * stay), Ink::plain);
        }
        bytes.clear();
        stay = 1.0;
    }
    return hang(cells_of(label, Ink::dim), cells, style);
}

}  // namespace otherwise::console
