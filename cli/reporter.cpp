#include "cli/reporter.h"

#include <fmt/core.h>

#include <utility>

namespace otherwise::cli {

Reporter::Reporter(const Session& session, const RunArguments& arguments,
                   const std::vector<Target>& targets, Progress& progress)
    : session_(session),
      arguments_(arguments),
      progress_(progress),
      summaries_(session.world_names().size()),
      independent_(session.world_names().size()),
      measures_(session.world_names().size(), PairMeasures(targets)),
      fresh_measures_(session.world_names().size(), PairMeasures(targets)),
      changed_(session.world_names().size()),
      style_(style_for(stdout)),
      table_out_(std::make_unique<Output>("-")),
      show_(!arguments.quiet && !arguments.json && arguments.jsonl != "-") {
    if (!arguments.jsonl.empty()) {
        jsonl_ = std::make_unique<Output>(arguments.jsonl);
    }
}

void Reporter::count(const Pair& pair, bool measured) {
    const auto world = static_cast<std::size_t>(pair.world);
    (pair.independent ? independent_ : summaries_)[world].add(pair);
    measured_all_ = measured_all_ && measured;
    if (!pair.independent) {
        changed_[world].add(pair.string, pair.sample, pair.unchanged() ? 0.0 : 1.0);
    }
    if (pair.role == WorldRole::change && measured_all_) {
        measure(pair, (pair.independent ? fresh_measures_ : measures_)[world]);
    }
}

void Reporter::take(const Pair& pair) {
    count(pair);
    if (jsonl_ && is_written(pair.role, arguments_)) {
        jsonl_->write(to_jsonl(pair, context(pair)) + "\n");
    }
    show(pair);
}

void Reporter::flush() {
    if (view_) {
        progress_.clear();
        table_out_->write(render_pair(*view_, style_));
        view_.reset();
    }
}

std::vector<TableRow> Reporter::rows() const {
    std::vector<TableRow> rows;
    const auto over = rounding();
    for (std::size_t w = 0; w < summaries_.size(); ++w) {
        const WorldRole role = session_.role(w);
        rows.push_back(
            {.world = session_.world_names()[w], .summary = summaries_[w].summary(), .role = role});
        if (const auto* beyond = find_rounding(over, rows.back().world)) {
            rows.back().over_nudge = beyond->difference.value;
        }
        if (arguments_.study.independent && role == WorldRole::change) {
            rows.push_back({.world = session_.world_names()[w] + " (fresh noise)",
                            .summary = independent_[w].summary(),
                            .role = WorldRole::change});
        }
    }
    return rows;
}

std::vector<WorldMeasures> Reporter::measures() const {
    std::vector<WorldMeasures> result;
    if (!measured_all_) {
        return result;
    }
    for (std::size_t w = 0; w < session_.worlds().size(); ++w) {
        for (const bool fresh : {false, true}) {
            if (!fresh || arguments_.study.independent) {
                const auto& measured = (fresh ? fresh_measures_ : measures_)[w];
                result.push_back(
                    {.world = session_.world_names()[w] + (fresh ? " (fresh noise)" : ""),
                     .summary = measured.summary(),
                     .independent = fresh});
            }
        }
    }
    return result;
}

void Reporter::table() {
    if (arguments_.jsonl != "-" && !arguments_.json) {
        const std::string legend = shown_ > 0 ? render_legend(style_) + "\n" : "";
        const std::string brief = render_brief(measures(), style_);
        const std::string beyond = render_rounding(rounding(), is_smooth(session_), style_);
        table_out_->write(legend + render_table(rows(), style_) +
                          (beyond.empty() ? "" : "\n" + beyond) +
                          (brief.empty() ? "" : "\n" + brief));
    }
}

TextOf Reporter::text() const {
    return [this](std::span<const Token> tokens) { return session_.model().text(tokens); };
}

void Reporter::measure(const Pair& pair, PairMeasures& measures) const {
    const Subject& subject = session_.subjects()[static_cast<std::size_t>(pair.string)];
    const std::string before = shown_text(*pair.factual, text()).text;
    const std::string after = shown_text(pair.counterfactual, text()).text;
    measures.add(
        {.cluster = pair.string,
         .factual = {.text = before, .tokens = pair.factual->tokens, .ended = pair.factual->ended},
         .counterfactual = {.text = after,
                            .tokens = pair.counterfactual.tokens,
                            .ended = pair.counterfactual.ended},
         .prompt = subject.prompt,
         .prompt_tokens = session_.prompt_length(pair.string, -1)});
}

PairContext Reporter::context(const Pair& pair) const {
    const Subject& subject = session_.subjects()[static_cast<std::size_t>(pair.string)];
    PairContext context;
    context.id = subject.id;
    context.world = session_.world_names()[static_cast<std::size_t>(pair.world)];
    context.prompt = subject.prompt;
    if (subject.from_tokens) {
        context.prompt_tokens = subject.prompt_tokens;
    }
    context.messages = subject.messages;
    context.text = text();
    context.ends = [this](Token token) { return session_.model().ends(token); };
    context.prompt_text = [this](std::span<const Token> tokens) {
        return session_.model().text(tokens, true);
    };
    return context;
}

void Reporter::show(const Pair& pair) {
    if (!show_ || pair.role != WorldRole::change) {
        return;
    }
    const bool new_string = !view_ || shown_string_ != pair.string || shown_sample_ != pair.sample;
    if (new_string) {
        flush();
        if (arguments_.shown >= 0 && shown_ >= arguments_.shown) {
            return;
        }
        ++shown_;
        const Subject& subject = session_.subjects()[static_cast<std::size_t>(pair.string)];
        view_ = PairView{.id = subject.id,
                         .sample = pair.sample,
                         .prompt = subject.prompt,
                         .factual = shown_text(*pair.factual, text()),
                         .worlds = {}};
        shown_string_ = pair.string;
        shown_sample_ = pair.sample;
    }
    auto name = session_.world_names()[static_cast<std::size_t>(pair.world)];
    if (pair.independent) {
        name += " (fresh)";
    }
    view_->worlds.push_back(world_view(pair, name, text()));
}

void warn_of_floor(std::span<const TableRow> rows, std::span<const WorldProbe> probes) {
    for (const auto& row : rows) {
        const auto changed = row.summary.strings - row.summary.unchanged;
        if (row.role != WorldRole::null || changed == 0) {
            continue;
        }
        std::string reason = "--fast lets llama.cpp evaluate rows in shapes that differ";
        for (const auto& [world, probe] : probes) {
            if (!probe.invariant) {
                reason = "this model is not batch invariant here (" + probe.shape + ")";
            }
        }
        fmt::print(stderr,
                   "otherwise: WARNING: the null world diverged in {} of {} strings: {}; effects "
                   "below that floor mean nothing\n",
                   changed, row.summary.strings, reason);
    }
}

}  // namespace otherwise::cli
