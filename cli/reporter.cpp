#include "cli/reporter.h"

#include <fmt/core.h>

#include <utility>

#include "cli/options.h"
#include "cli/output.h"
#include "otherwise/base/setting.h"
#include "otherwise/console/measures.h"
#include "otherwise/console/rounding.h"
#include "otherwise/generate/session.h"

namespace otherwise::cli {
namespace {

std::vector<console::TableRow> rows_of(const RunResult& result) {
    std::vector<console::TableRow> rows;
    for (const auto& totals : result.worlds) {
        rows.push_back({.world = totals.name(), .summary = totals.summary, .role = totals.role});
        if (totals.rounding && result.effort) {
            rows.back().over_nudge = totals.rounding->beyond.difference.value;
        }
    }
    return rows;
}

std::string brief_text(const RunResult& result, const console::Style& style) {
    std::vector<WorldMeasures> measures;
    for (const auto& totals : result.worlds) {
        if (totals.measures) {
            measures.push_back({.world = totals.name(),
                                .summary = *totals.measures,
                                .independent = totals.independent});
        }
    }
    return console::render_brief(measures, style);
}

}  // namespace

Reporter::Reporter(const OpenedStudy& opened, const RunArguments& arguments, Progress& progress)
    : opened_(opened),
      arguments_(arguments),
      progress_(progress),
      style_(output_style()),
      table_out_(std::make_unique<Output>("-")),
      show_(!arguments.quiet && !arguments.json && arguments.jsonl != "-") {
    if (!arguments.jsonl.empty()) {
        jsonl_ = std::make_unique<Output>(arguments.jsonl);
    }
}

void Reporter::take(const Pair& pair) {
    if (jsonl_ && is_written(opened_.study(), pair.role)) {
        jsonl_->write(to_jsonl(pair, opened_.context(pair)) + "\n");
    }
    show(pair);
}

void Reporter::flush() {
    if (view_) {
        progress_.clear();
        table_out_->show(console::render_pair(*view_, style_));
        view_.reset();
    }
}

void Reporter::table(const RunResult& result) {
    if (arguments_.jsonl != "-" && !arguments_.json) {
        const std::string legend = shown_ > 0 ? console::render_legend(style_) + "\n" : "";
        const std::string brief = brief_text(result, style_);
        table_out_->show(legend + totals_text(result, style_) +
                         (brief.empty() ? "" : "\n" + brief));
    }
}

console::TextOf Reporter::text() const {
    return [this](std::span<const Token> tokens) { return opened_.session().model().text(tokens); };
}

void Reporter::show(const Pair& pair) {
    if (!show_ || pair.role != WorldRole::change) {
        return;
    }
    const Session& session = opened_.session();
    const bool new_string = !view_ || shown_string_ != pair.string || shown_sample_ != pair.sample;
    if (new_string) {
        flush();
        if (arguments_.shown >= 0 && shown_ >= arguments_.shown) {
            return;
        }
        ++shown_;
        const Subject& subject = session.subjects()[static_cast<std::size_t>(pair.string)];
        view_ = console::PairView{.id = subject.id,
                                  .sample = pair.sample,
                                  .prompt = subject.prompt,
                                  .factual = console::shown_text(*pair.factual, text()),
                                  .worlds = {}};
        shown_string_ = pair.string;
        shown_sample_ = pair.sample;
    }
    auto name = session.world_names()[static_cast<std::size_t>(pair.world)];
    if (pair.independent) {
        name += " (fresh)";
    }
    view_->worlds.push_back(console::world_view(pair, name, text()));
}

std::string totals_text(const RunResult& result, const console::Style& style) {
    std::vector<RoundingRow> rounding;
    for (const auto& totals : result.worlds) {
        if (totals.rounding) {
            rounding.push_back(*totals.rounding);
        }
    }
    const auto beyond = console::render_rounding(rounding, result.smooth, style);
    return console::render_table(rows_of(result), style) + (beyond.empty() ? "" : "\n" + beyond);
}

void print_warnings(const RunResult& result) {
    if (result.effort) {
        for (const auto& id : result.skipped) {
            say(fmt::format("otherwise: skipped string '{}': the factual world cannot write it",
                            id));
        }
    }
    for (const auto& warning : result.warnings) {
        say("otherwise: WARNING: " + warning);
    }
}

}  // namespace otherwise::cli
