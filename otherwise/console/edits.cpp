#include "otherwise/console/edits.h"

#include <fmt/core.h>

#include <algorithm>

#include "otherwise/base/number_list.h"
#include "otherwise/base/text.h"
#include "otherwise/console/glyphs.h"
#include "otherwise/console/table.h"
#include "otherwise/fit/edit/answer_text.h"

namespace otherwise::console {
namespace {

constexpr std::size_t kLeaksShown = 3;
constexpr double kLeak = 0.01;

std::string number(const std::optional<double>& value) {
    return value ? fmt::format("{:.3f}", *value) : "";
}

std::string per_cent(const std::optional<double>& value) {
    return value ? fmt::format("{:.0f} %", 100.0 * *value) : "";
}

/// "0.001 → 0.968"
std::string pair(const MeanOf& before, const MeanOf& after, bool share = false) {
    const auto text = share ? per_cent : number;
    return before.n == 0 ? "" : text(before.mean()) + " → " + text(after.mean());
}

TableLine line_of(const std::string& name, const EditScores& before, const EditScores& after) {
    return {.cells = {visible(name), pair(before.new_on_prompt, after.new_on_prompt),
                      pair(before.new_on_paraphrases, after.new_on_paraphrases),
                      pair(before.new_on_neighbors, after.new_on_neighbors),
                      pair(before.own_on_neighbors, after.own_on_neighbors)}};
}

std::string summary(const EditScores& before, const EditScores& after) {
    std::string text;
    const auto add = [&](const char* name, const MeanOf& was, const MeanOf& is) {
        if (was.n > 0) {
            text += fmt::format("  {} {}", name, pair(was, is, true));
        }
    };
    add("efficacy (ES)", before.efficacy, after.efficacy);
    add("paraphrase (PS)", before.paraphrase, after.paraphrase);
    add("neighborhood (NS)", before.neighborhood, after.neighborhood);
    return text.empty() ? text : text + "\n";
}

/// The neighbors whose probability of the new answer rose the most.
std::string leaks(const std::vector<Fact>& facts, const std::vector<FactScores>& before,
                  const std::vector<FactScores>& after) {
    struct Leak {
        double rise = 0.0;
        std::string text;
    };
    std::vector<Leak> all;
    for (std::size_t i = 0; i < after.size(); ++i) {
        for (std::size_t j = 0; j < after[i].neighbors.size(); ++j) {
            const auto& was = before[i].neighbors[j];
            const auto& is = after[i].neighbors[j];
            if (whole_text(is.prompt, is.answer) == whole_text(is.prompt, facts[i].target_new)) {
                continue;
            }
            all.push_back(
                {.rise = is.new_answer - was.new_answer,
                 .text = fmt::format("  {} [{}] {:.3f} → {:.3f}\n", visible(is.prompt),
                                     visible(facts[i].target_new), was.new_answer, is.new_answer)});
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Leak& a, const Leak& b) { return a.rise > b.rise; });
    std::string text;
    for (std::size_t i = 0; i < std::min(kLeaksShown, all.size()); ++i) {
        if (all[i].rise >= kLeak) {
            text += all[i].text;
        }
    }
    return text.empty() ? text : "\n  leaked most\n" + text;
}

}  // namespace

std::string scores_text(const Edited& edited, bool colour) {
    const auto& facts = edited.facts;
    const auto& before = edited.before;
    const auto& after = edited.after;
    std::vector<TableLine> lines;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        lines.push_back(
            line_of(facts[i].subject + " → " + std::string(trimmed(facts[i].target_new)),
                    before[i].scores, after[i].scores));
    }
    const auto was = total_scores(before);
    const auto is = total_scores(after);
    if (facts.size() > 1) {
        lines.push_back(line_of("all", was, is));
        lines.back().ink = Ink::strong;
    }
    const auto table =
        table_of({"fact", "new answer", "on paraphrases", "on neighbors", "neighbors' own"}, lines);
    const auto shares = summary(was, is);
    return render(table, colour) + (shares.empty() ? "" : "\n" + shares) +
           leaks(facts, before, after);
}

std::string effect_text(const EditEffect& effect) {
    std::string text = fmt::format("  unrelated texts: KL {:.3f} nats a token", effect.kl);
    if (!effect.norms.empty()) {
        double least = effect.norms.front().change;
        double most = 0.0;
        double share = 0.0;
        for (const auto& norm : effect.norms) {
            least = std::min(least, norm.change);
            most = std::max(most, norm.change);
            share = std::max(share, norm.change / norm.weight);
        }
        text += fmt::format(
            "\n  norm of the change: {}{:.1f}, {:.0f} % of the weight's (5 to 30 % is usual)",
            effect.norms.size() > 1 ? fmt::format("{:.1f} to ", least) : "", most, 100.0 * share);
    }
    return text + "\n";
}

std::string sweep_text(const std::vector<LayerTrial>& trials, std::size_t best, bool colour) {
    std::vector<TableLine> lines;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        const auto& t = trials[i];
        const auto name = number_list(t.layers);
        lines.push_back(
            {.cells = {name + (i == best ? " *" : ""), fmt::format("{:.3f}", t.on_prompt),
                       fmt::format("{:.3f}", t.on_paraphrases), fmt::format("{:+.3f}", t.leak),
                       fmt::format("{:+.3f}", t.loss), fmt::format("{:.3f}", t.score())},
             .ink = i == best ? Ink::strong : Ink::plain});
    }
    return render(
        table_of({"layers", "new answer", "paraphrases", "leaked", "lost", "score"}, lines),
        colour);
}

}  // namespace otherwise::console
