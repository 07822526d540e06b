#include "otherwise/console/fits.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include "otherwise/console/table.h"
#include "otherwise/world/item_values.h"

namespace otherwise::console {
namespace {

constexpr int kBar = 24;
constexpr std::size_t kShownHeads = 20;

std::string interval_text(const Accuracy& accuracy) {
    return accuracy.n() == 0 ? ""
                             : fmt::format("[{:.2f}, {:.2f}]", accuracy.low(), accuracy.high());
}

std::string rate_text(const Accuracy& accuracy) {
    return accuracy.n() == 0 ? "" : fmt::format("{:.2f}", accuracy.rate());
}

/// From 0.5, where a guess between two sets is, to 1; of more sets from 0.
std::string accuracy_bar(const Accuracy& accuracy, double from = 0.5) {
    if (accuracy.n() == 0) {
        return "";
    }
    std::string text = bar((accuracy.rate() - from) / (1.0 - from), kBar);
    text.append(static_cast<std::size_t>(kBar - display_width(text)),
                ' ');  // bars start at the left
    return text;
}

/// Infinite where the states of each set are equal along the direction.
std::string separation_text(double separation) {
    return std::isinf(separation) ? "∞" : fmt::format("{:.2f}", separation);
}

std::string layer_table(const FitResult& result, const Style& style) {
    const double from = result.n_sets > 2 ? 0.0 : 0.5;
    std::vector<TableLine> lines;
    for (const auto& score : result.layers) {
        lines.push_back(
            {.cells = {fmt::format("{}{}", score.layer, score.chosen ? " ←" : ""),
                       rate_text(score.accuracy), interval_text(score.accuracy),
                       separation_text(score.separation), fmt::format("{:.1f}", score.distance),
                       accuracy_bar(score.accuracy, from)},
             .ink = score.chosen ? Ink::accent : Ink::plain});
    }
    return render(table_of({"layer", "held-out accuracy", "95 %", "separation", "distance",
                            from > 0.0 ? "0.5 to 1" : "0 to 1"},
                           lines),
                  style.colour);
}

std::string head_table(const FitResult& result, const Style& style) {
    std::vector<TableLine> lines;
    const auto shown =
        std::min(result.heads.size(),
                 std::max<std::size_t>(kShownHeads, static_cast<std::size_t>(result.n_heads)));
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& head = result.heads[i];
        const bool in_file = static_cast<int>(i) < result.n_heads;
        lines.push_back(
            {.cells = {fmt::format("{}.{}{}", head.layer, head.head, in_file ? " ←" : ""),
                       rate_text(head.choosing), rate_text(head.accuracy),
                       interval_text(head.accuracy), fmt::format("{:.3f}", head.length),
                       accuracy_bar(head.accuracy)},
             .ink = in_file ? Ink::accent : Ink::plain});
    }
    return render(
        table_of({"layer.head", "chosen by", "held-out accuracy", "95 %", "shift", "0.5 to 1"},
                 lines),
        style.colour);
}

struct Use {
    std::string item;
    std::string note;
};

Use use_of(const FitResult& result, const std::string& file) {
    const std::string path = argument_text(file);
    if (std::holds_alternative<HeadsFile>(result.file)) {
        return {.item = "heads:" + path + ":1", .note = "a scale of 1 is one standard deviation"};
    }
    if (result.method == FitMethod::direction) {
        return {.item = fmt::format("steer:{}:{:.2g}", path, result.step),
                .note = "ablate: takes the direction out"};
    }
    return {.item = "affine:" + path, .note = "a scale below 1 goes part of the way"};
}

/// " (12 kB)"; nothing of a file that is not there, or is a pipe.
std::string size_text(const std::string& path) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    return error ? "" : fmt::format(" ({:.0f} kB)", static_cast<double>(bytes) / 1000.0);
}

}  // namespace

std::string fit_text(const FitResult& result, const std::string& path, const Style& style) {
    std::string text =
        result.heads.empty() ? layer_table(result, style) : head_table(result, style);
    std::string findings;
    for (const auto& finding : result.findings) {
        const bool shown = finding.in_table && result.layers.size() > 1;
        findings += shown ? "" : "  " + finding.text + "\n";
    }
    text += findings.empty() ? "" : "\n" + findings;
    const auto use = use_of(result, path);
    return text + fmt::format("\n{}{}\napply it: {}   ({})\n", path, size_text(path),
                              shown(setting("world", "fitted=" + use.item), style), use.note);
}

}  // namespace otherwise::console
