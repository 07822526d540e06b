// otherwise compare: what changed between two run files.
#include <fmt/core.h>
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "otherwise/api/run_files.h"
#include "otherwise/console/strings.h"
#include "otherwise/console/table.h"

namespace otherwise::cli {
namespace {

constexpr double kPercent = 100.0;

struct CompareArguments {
    std::string a;
    std::string b;
    bool json = false;
    bool force = false;
};

std::string number(double value, bool share) {
    return share ? fmt::format("{:.1f} %", kPercent * value) : fmt::format("{:.2f}", value);
}

std::string difference(const MeasureChange& change) {
    const double value = change.difference.value;
    std::string text = (value >= 0.0 ? "+" : "") + number(value, change.share);
    if (change.difference.interval.known()) {
        text += fmt::format(" [{}, {}]", number(change.difference.interval.low, change.share),
                            number(change.difference.interval.high, change.share));
    }
    return text;
}

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

std::string settings_text(const RunChange& change) {
    std::string text;
    for (const auto& [a, b] : change.settings) {
        text += a.empty() ? "" : "- " + a + "\n";
        text += b.empty() ? "" : "+ " + b + "\n";
    }
    return text.empty() ? "the studies and machines are the same\n" : text;
}

std::string world_text(const WorldChange& world) {
    std::string text =
        fmt::format("\n{}: {} of {} strings flipped{}\n", world.world, world.flipped, world.pairs,
                    world.examples.empty() ? "" : ": " + joined(world.examples));
    std::vector<console::TableLine> lines;
    for (const auto& measure : world.measures) {
        lines.push_back({.cells = {measure.title, fmt::format("{}", measure.a.n),
                                   number(measure.a.value, measure.share),
                                   number(measure.b.value, measure.share), difference(measure)}});
    }
    return text + render(console::table_of({"", "n", "a", "b", "b - a [95 %]"}, lines), false);
}

std::string report_text(const CompareArguments& arguments, const RunChange& change) {
    std::string text = fmt::format("a  {}\nb  {}\n\n", arguments.a, arguments.b);
    text += settings_text(change);
    text += fmt::format(
        "\n{} factual strings in both, {} of them differ; {} only in a, {} only in "
        "b\n",
        change.strings, change.factual_flipped, change.strings_only_a, change.strings_only_b);
    if (!change.only_a.empty()) {
        text += "worlds only in a: " + joined(change.only_a) + "\n";
    }
    if (!change.only_b.empty()) {
        text += "worlds only in b: " + joined(change.only_b) + "\n";
    }
    for (const auto& world : change.worlds) {
        text += world_text(world);
    }
    return text;
}

int compare_files(const CompareArguments& arguments) {
    const RunChange change = compare(arguments.a, arguments.b, arguments.force);
    if (arguments.json) {
        Output("-").write(to_json(change) + "\n");
    } else {
        Output("-").show(report_text(arguments, change));
    }
    return 0;
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("compare", "what changed between two run files");
    const auto a = std::make_shared<CompareArguments>();
    command->add_option("A", a->a, "a run file, or a folder of shards")->required();
    command->add_option("B", a->b, "another; differences are B - A")->required();
    command->add_flag("--json", a->json, "print the same as JSON");
    add_force_option(*command, a->force);
    command->footer("Example:\n  otherwise compare before.db after.db");
    command->callback([a, &action] { action = [a] { return compare_files(*a); }; });
}

}  // namespace otherwise::cli
