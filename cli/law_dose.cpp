// otherwise law --sweep, --threshold and --law-at, shown.
#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "cli/law_command.h"
#include "cli/output.h"
#include "otherwise/console/laws.h"
#include "otherwise/console/table.h"

namespace otherwise::cli {
namespace {

constexpr int kSteps = 10;
constexpr int kBarWidth = 24;

/// A string's line for people.
console::TableLine threshold_line(const StringThreshold& one) {
    const std::string name =
        one.sample == 0 ? one.string : fmt::format("{}#{}", one.string, one.sample);
    if (!one.strength) {
        return {.cells = {name, "–", "", "", ""}, .ink = console::Ink::dim};
    }
    return {.cells = {name, fmt::format("{}{:.4g}", one.at_low ? "≤ " : "", *one.strength),
                      fmt::format("{}", one.position), "'" + one.factual + "'",
                      "'" + one.counterfactual + "'"}};
}

/// How many strings have changed at each of ten strengths.
std::string render_shares(const ThresholdTable& found, const console::Style& style) {
    std::vector<console::TableLine> lines;
    for (int step = 1; step <= kSteps; ++step) {
        const double strength = found.low + (found.high - found.low) * step / kSteps;
        const auto changed = std::ranges::count_if(found.strings, [&](const auto& one) {
            return one.strength &&
                   (found.high > found.low ? *one.strength <= strength : *one.strength >= strength);
        });
        const auto all = static_cast<double>(std::max<std::size_t>(1, found.strings.size()));
        std::string plot = console::bar(static_cast<double>(changed) / all, kBarWidth);
        const int rest = std::max(0, kBarWidth - console::display_width(plot));
        plot.append(static_cast<std::size_t>(rest), ' ');
        lines.push_back({.cells = {fmt::format("{:.4g}", strength), fmt::format("{}", changed),
                                   fmt::format("{}", found.strings.size()), plot}});
    }
    return render(console::table_of({found.target, "changed", "of", ""}, lines), style.colour);
}

std::string threshold_text(const ThresholdTable& found, bool quiet) {
    const console::Style style = output_style();
    std::vector<console::TableLine> lines;
    for (const auto& one : found.strings) {
        lines.push_back(threshold_line(one));
    }
    const console::Table strings =
        console::table_of({"string", "changes at", "position", "from", "to"}, lines);
    return (quiet ? "" : render(strings, style.colour) + "\n") + render_shares(found, style);
}

}  // namespace

int print_sweep(const LawArguments& arguments, OpenedLaw& opened) {
    for (const auto& world : opened.left_out) {
        say(fmt::format("otherwise: world '{}' is left out of the sweep", world));
    }
    Progress progress(static_cast<long>(opened.session().subjects().size()), stderr,
                      progress_options(arguments, "strings"));
    const SweepTable table = law_sweep(opened, events_of(progress));
    progress.clear();
    if (arguments.run.json) {
        Output("-").write(to_json(table) + "\n");
    } else {
        Output("-").show(console::render_sweep(table.target, table.rows, output_style()));
    }
    return closing_lines(arguments, opened, table.report);
}

int print_threshold(const LawArguments& arguments, OpenedLaw& opened) {
    const RunArguments& run = arguments.run;
    const auto jsonl = run.jsonl.empty() ? nullptr : std::make_unique<Output>(run.jsonl);
    Progress progress(0, stderr, progress_options(arguments, "readings"));
    const ThresholdTable found = law_threshold(opened, events_of(progress));
    progress.clear();
    if (found.cancelled && found.strings.empty() && found.skipped.empty()) {
        say("otherwise: interrupted: no threshold is known yet");
        return 1;
    }
    for (const auto& id : found.skipped) {
        say(fmt::format("otherwise: skipped string '{}': the factual world cannot write it", id));
    }
    if (jsonl) {
        jsonl->write(to_jsonl(found));
    }
    if (run.json) {
        Output("-").write(to_json(found) + "\n");
    } else if (run.jsonl != "-") {
        Output("-").show(threshold_text(found, run.quiet));
    }
    if (found.cancelled) {
        say("otherwise: interrupted: strings change at these strengths, maybe at smaller "
            "ones");
        return 1;
    }
    return 0;
}

int print_token(const LawArguments& arguments, OpenedLaw& opened) {
    Progress progress(static_cast<long>(opened.session().subjects().size()), stderr,
                      progress_options(arguments, "strings"));
    const TokenTable table = law_of_token(opened, events_of(progress));
    progress.clear();
    if (!table.known) {
        return closing_lines(arguments, opened, table.report);
    }
    for (const auto& world : table.without) {
        say(fmt::format("otherwise: world '{}' has no law there: a do forces it, or came before",
                        world));
    }
    const auto piece = [&](Token token) { return table.pieces.at(token); };
    std::string text;
    for (const auto& [world, law] : table.worlds) {
        text += (text.empty() ? "" : "\n") +
                console::render_token_law(world, law, piece, output_style());
    }
    if (arguments.run.json) {
        Output("-").write(to_json(table) + "\n");
    } else {
        Output("-").show(text);
    }
    return closing_lines(arguments, opened, table.report);
}

}  // namespace otherwise::cli
