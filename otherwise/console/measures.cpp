#include "otherwise/console/measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "otherwise/console/table.h"

namespace otherwise::console {
namespace {

constexpr double kHundred = 100.0;
constexpr int kWidestList = 100;
constexpr std::size_t kBriefWords = 5;
constexpr const char* kNothing = "–";

std::string number(double value, Unit unit, bool sign) {
    if (!std::isfinite(value)) {
        const char* infinite = value > 0 ? "∞" : "−∞";
        return std::isnan(value) ? kNothing : infinite;
    }
    std::string text;
    switch (unit) {
        case Unit::share:
            text = fmt::format("{:.1f}", kHundred * std::abs(value));
            break;
        case Unit::tokens:
            text = fmt::format("{:.2f}", std::abs(value));
            break;
        case Unit::characters:
            text = fmt::format("{:.1f}", std::abs(value));
            break;
        case Unit::number:
            text = fmt::format("{:.4f}", std::abs(value));
            break;
    }
    const bool zero = text.find_first_not_of("0.") == std::string::npos;
    if (value < 0 && !zero) {
        return "−" + text;
    }
    return sign && !zero ? "+" + text : text;
}

std::string with_unit(double value, Unit unit, bool sign = false) {
    const auto text = number(value, unit, sign);
    return unit == Unit::share && std::isfinite(value) ? text + " %" : text;
}

std::string interval_text(const Interval& interval, Unit unit, bool sign = false) {
    if (!interval.known()) {
        return kNothing;
    }
    return number(interval.low, unit, sign) + " to " + number(interval.high, unit, sign);
}

/// n, with a mark where it comes from few strings.
std::string count_text(const Measured& measured) {
    return std::to_string(measured.n) + (is_small_sample(measured) ? "!" : "");
}

std::string p_text(double p) {
    return p < 0.001 ? fmt::format("{:.0e}", p) : fmt::format("{:.3f}", p);
}

std::string samples_text(double samples) {
    if (!std::isfinite(samples)) {
        return std::isnan(samples) ? kNothing : "∞";
    }
    return fmt::format("{:.0f}", samples);
}

std::string plural(long count, const char* one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string dim_line(const std::string& text, const Style& style) {
    return paint(cells_of(text, Ink::dim), style.colour) + "\n";
}

/// "418  83.6 %": how many, and their share.
std::string rate_text(const Measured& rate) {
    const long count = std::lround(rate.value * static_cast<double>(rate.n));
    return fmt::format("{} {:>7}", count, with_unit(rate.value, Unit::share));
}

std::string likeness_table(const PairSummary& summary, bool colour) {
    Table table{.heading = "likeness", .names = {}, .columns = {}};
    table.columns = {{.heading = {"", "mean"}, .cells = {}},
                     {.heading = {"", "95 % interval"}, .cells = {}},
                     {.heading = {"", "median"}, .cells = {}},
                     {.heading = {"", "95 % interval"}, .cells = {}},
                     {.heading = {"", "n"}, .cells = {}}};
    for (const auto& m : summary.measures) {
        table.names.push_back(m.title);
        const std::string cells[] = {m.median ? with_unit(m.mean.value, m.unit) : rate_text(m.mean),
                                     interval_text(m.mean.interval, m.unit),
                                     m.median ? with_unit(m.median->value, m.unit) : "",
                                     m.median ? interval_text(m.median->interval, m.unit) : "",
                                     count_text(m.mean)};
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            table.columns[i].cells.push_back(cells[i]);
        }
    }
    return render(table, colour);
}

std::string shift_table(const WorldMeasures& world, bool colour) {
    Table table{.heading = "shifts", .names = {}, .columns = {}};
    table.columns = {{.heading = {"", "factual"}, .cells = {}},
                     {.heading = {"counter-", "factual"}, .cells = {}},
                     {.heading = {"", "shift"}, .cells = {}},
                     {.heading = {"", "95 % interval"}, .cells = {}},
                     {.heading = {"", "n"}, .cells = {}},
                     {.heading = {"independent", "samples"}, .cells = {}},
                     {.heading = {"fresh", "pairs"}, .cells = {}}};
    for (const auto& s : world.summary.shifts) {
        table.names.push_back(s.title);
        const Shift* fresh = fresh_shift(world, s);
        const std::string cells[] = {
            with_unit(s.factual.value, s.unit),
            with_unit(s.counterfactual.value, s.unit),
            with_unit(s.difference.value, s.unit, true),
            interval_text(s.difference.interval, s.unit, true),
            count_text(s.difference),
            world.independent ? "" : samples_text(s.independent_samples()),
            fresh == nullptr
                ? ""
                : samples_text(measured_ratio(s, *fresh) * static_cast<double>(s.difference.n))};
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            table.columns[i].cells.push_back(cells[i]);
        }
    }
    return render(table, colour);
}

std::string flip_table(const PairSummary& summary, bool colour) {
    Table table{.heading = "flips", .names = {}, .columns = {}};
    table.columns = {{.heading = {"", "gained"}, .cells = {}},
                     {.heading = {"", "lost"}, .cells = {}},
                     {.heading = {"", "strings gained"}, .cells = {}},
                     {.heading = {"", "strings lost"}, .cells = {}},
                     {.heading = {"", "p (McNemar)"}, .cells = {}},
                     {.heading = {"", "n"}, .cells = {}}};
    for (const auto& s : summary.shifts) {
        if (!s.flips) {
            continue;
        }
        table.names.push_back(s.title);
        const std::string cells[] = {std::to_string(s.flips->gained),
                                     std::to_string(s.flips->lost),
                                     std::to_string(s.flips->strings_gained),
                                     std::to_string(s.flips->strings_lost),
                                     p_text(s.flips->p),
                                     count_text(s.difference)};
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            table.columns[i].cells.push_back(cells[i]);
        }
    }
    return table.names.empty() ? "" : "\n" + render(table, colour);
}

/// "koala 0→96 (z 12.3*)"
Cells word_cells(const WordShift& word, double threshold) {
    const bool sure = std::abs(word.z) > threshold;
    Cells cells = cells_of(word.word, sure ? Ink::strong : Ink::plain);
    append(cells,
           fmt::format(" {}→{} (z {}{:.1f}{})", word.factual, word.counterfactual,
                       word.z < 0 ? "−" : "", std::abs(word.z), sure ? "*" : ""),
           Ink::dim);
    return cells;
}

/// The words one after the other, under a head; no line ends within one.
std::string word_list(const std::string& head, std::span<const WordShift> words, double threshold,
                      const Style& style) {
    constexpr int kIndent = 16;
    const int width = std::min(style.width, kWidestList);
    std::string text;
    Cells line = cells_of("  " + head, Ink::dim);
    bool first = true;
    for (const auto& word : words) {
        const Cells cells = word_cells(word, threshold);
        if (!first && width_of(line) + 2 + width_of(cells) > width) {
            text += paint(line, style.colour) + "\n";
            line.clear();
            first = true;
        }
        const int gap = first ? kIndent - width_of(line) : 2;
        append(line, std::string(static_cast<std::size_t>(std::max(gap, 1)), ' '), Ink::plain);
        line.insert(line.end(), cells.begin(), cells.end());
        first = false;
    }
    return text + paint(line, style.colour) + "\n";
}

std::string words_text(const WordSummary& words, const Style& style) {
    if (words.gained.empty() && words.lost.empty()) {
        return "";
    }
    std::string text = "\n";
    if (!words.gained.empty()) {
        text += word_list("words gained", words.gained, words.threshold, style);
    }
    if (!words.lost.empty()) {
        text += word_list("words lost", words.lost, words.threshold, style);
    }
    const auto note =
        fmt::format("  n = {} and {} words, {} distinct; * |z| > {:.2f}, 5 % for the whole list",
                    words.factual_words, words.counterfactual_words, words.tested, words.threshold);
    return text + dim_line(note, style);
}

const Measure* find(const PairSummary& summary, const std::string& key) {
    const auto found = std::find_if(summary.measures.begin(), summary.measures.end(),
                                    [&](const Measure& m) { return m.key == key; });
    return found == summary.measures.end() ? nullptr : &*found;
}

const Shift* shift_of(const PairSummary& summary, const std::string& key) {
    const auto found = std::find_if(summary.shifts.begin(), summary.shifts.end(),
                                    [&](const Shift& s) { return s.key == key; });
    return found == summary.shifts.end() ? nullptr : &*found;
}

/// "+2.5 ± 7.5": half of the interval.
std::string brief(const Measured& measured, Unit unit, bool sign) {
    const double half = (measured.interval.high - measured.interval.low) / 2.0;
    return fmt::format("{} ± {}", number(measured.value, unit, sign), number(half, unit, false));
}

/// A line for each world and pattern; "" without patterns.
std::string hits_table(std::span<const WorldMeasures> worlds, bool colour) {
    Table table{.heading = "hits", .names = {}, .columns = {}};
    table.columns = {{.heading = {"", "n"}, .cells = {}},
                     {.heading = {"factual", "%"}, .cells = {}},
                     {.heading = {"counter-", "factual %"}, .cells = {}},
                     {.heading = {"", "shift"}, .cells = {}},
                     {.heading = {"", "flips"}, .cells = {}},
                     {.heading = {"", "p"}, .cells = {}},
                     {.heading = {"independent", "samples"}, .cells = {}}};
    for (const auto& world : worlds) {
        for (const auto& s : world.summary.shifts) {
            if (s.key != "target" && s.key != "off-target") {
                continue;
            }
            table.names.push_back(world.world + "  " + s.title);
            const std::string cells[] = {
                count_text(s.difference),
                number(s.factual.value, s.unit, false),
                number(s.counterfactual.value, s.unit, false),
                brief(s.difference, s.unit, true),
                fmt::format("+{} −{}", s.flips->gained, s.flips->lost),
                p_text(s.flips->p),
                world.independent ? "" : samples_text(s.independent_samples())};
            for (std::size_t i = 0; i < table.columns.size(); ++i) {
                table.columns[i].cells.push_back(cells[i]);
            }
        }
    }
    return table.names.empty() ? "" : "\n" + render(table, colour);
}

/// Only the words over their threshold, which few texts have.
std::string brief_words(const WorldMeasures& world, const Style& style) {
    const WordSummary& words = world.summary.words;
    Cells line;
    const auto add = [&](std::span<const WordShift> list, const char* sign) {
        std::size_t count = 0;
        for (const auto& w : list) {
            if (std::abs(w.z) > words.threshold && count++ < kBriefWords) {
                append(line, fmt::format("  {}{} {}→{}", sign, w.word, w.factual, w.counterfactual),
                       Ink::plain);
            }
        }
    };
    add(words.gained, "+");
    add(words.lost, "−");
    if (line.empty()) {
        return "";
    }
    Cells start = cells_of("  " + world.world + " words", Ink::dim);
    start.insert(start.end(), line.begin(), line.end());
    return paint(keep_head(std::move(start), style.width), style.colour) + "\n";
}

}  // namespace

std::string render_measures(const WorldMeasures& world, const Style& style) {
    Cells title = cells_of("▌ ", Ink::accent);
    append(title, world.world + (world.independent ? " (fresh noise)" : ""), Ink::strong);
    append(title,
           fmt::format("  {} of {}", plural(world.summary.pairs, "pair"),
                       plural(world.summary.strings, "string")),
           Ink::plain);
    std::string text = paint(title, style.colour) + "\n\n";
    text += likeness_table(world.summary, style.colour) + "\n";
    text += shift_table(world, style.colour);
    text += flip_table(world.summary, style.colour);
    return text + words_text(world.summary.words, style) + "\n";
}

std::string render_measures_legend(const Style& style) {
    std::string text;
    for (const char* line :
         {"n pairs; intervals are over whole strings; ! fewer than 30 strings: too narrow",
          "kept whole: the factual text is all there; LCP shares leave those pairs out",
          "independent samples: this many in each world would fix the shift as precisely"}) {
        text += dim_line(line, style);
    }
    return text;
}

std::string render_brief(std::span<const WorldMeasures> worlds, const Style& style) {
    Table table{.heading = "world", .names = {}, .columns = {}};
    table.columns = {{.heading = {"", "n"}, .cells = {}},
                     {.heading = {"edits,", "% of text"}, .cells = {}},
                     {.heading = {"length,", "tokens"}, .cells = {}},
                     {.heading = {"", "ended, %"}, .cells = {}},
                     {.heading = {"repeated", "4-grams, %"}, .cells = {}}};
    std::string words;
    for (const auto& world : worlds) {
        const Measure* edits = find(world.summary, "edit_share_longer");
        if (edits == nullptr) {
            continue;
        }
        table.names.push_back(world.world);
        table.columns[0].cells.push_back(count_text(edits->mean));
        table.columns[1].cells.push_back(brief(edits->mean, Unit::share, false));
        std::size_t column = 2;
        for (const char* key : {"length_tokens", "ended", "repetition"}) {
            const Shift* shift = shift_of(world.summary, key);
            table.columns[column++].cells.push_back(
                shift == nullptr ? kNothing : brief(shift->difference, shift->unit, true));
        }
        words += brief_words(world, style);
    }
    if (table.names.empty()) {
        return "";
    }
    const bool few = std::any_of(worlds.begin(), worlds.end(), [](const WorldMeasures& world) {
        return world.summary.pairs > 0 && world.summary.strings < kFewClusters;
    });
    return render(table, style.colour, style.width / 4) + hits_table(worlds, style.colour) +
           (words.empty() ? "" : "\n" + words) + "\n" +
           dim_line("  edits over the longer text, then shifts; ± half of the 95 % interval",
                    style) +
           (few ? dim_line("  ! fewer than 30 strings: the intervals are too narrow", style) : "");
}

std::vector<std::string> doubts(const WorldMeasures& world) {
    std::vector<std::string> lines;
    const std::string name =
        "'" + visible(world.world) + "'" + (world.independent ? " (fresh noise)" : "");
    const PairSummary& s = world.summary;
    if (s.strings < kFewClusters) {
        lines.push_back(fmt::format("{} in {}: intervals from fewer than {} are too narrow",
                                    plural(s.strings, "string"), name, kFewClusters));
    }
    if (s.empty > 0) {
        lines.push_back(fmt::format(
            "{} of {} in {} with an empty text: measures that divide by its length leave out "
            "what they cannot divide",
            plural(s.empty, "pair"), s.pairs, name));
    }
    return lines;
}

}  // namespace otherwise::console
