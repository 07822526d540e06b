// otherwise run: counterfactual strings, shown, summed up and written as JSON lines.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/dry_run.h"
#include "cli/measures.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "cli/show.h"
#include "otherwise/base/error.h"
#include "otherwise/generate/jsonl.h"
#include "otherwise/measure/pair_measures.h"
#include "otherwise/measure/summary.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

constexpr double kFewSeconds = 10.0;

/// Takes the pairs of a run in order: shows them, writes them, sums them up.
class Reporter {
public:
    Reporter(const Session& session, const RunArguments& arguments,
             const std::vector<Target>& targets, Progress& progress)
        : session_(session),
          arguments_(arguments),
          progress_(progress),
          summaries_(session.world_names().size()),
          independent_(session.world_names().size()),
          measures_(session.world_names().size(), PairMeasures(targets)),
          fresh_measures_(session.world_names().size(), PairMeasures(targets)),
          style_(style_for(stdout)),
          table_out_(std::make_unique<Output>("-")),
          show_(!arguments.quiet && !arguments.json && arguments.jsonl != "-") {
        if (!arguments.jsonl.empty()) {
            jsonl_ = std::make_unique<Output>(arguments.jsonl);
        }
    }

    void take(const Pair& pair) {
        const auto world = static_cast<std::size_t>(pair.world);
        (pair.independent ? independent_ : summaries_)[world].add(pair);
        if (!pair.null_world) {
            measure(pair, (pair.independent ? fresh_measures_ : measures_)[world]);
        }
        if (jsonl_ && (!pair.null_world || arguments_.all_null)) {
            jsonl_->write(to_jsonl(pair, context(pair)) + "\n");
        }
        show(pair);
    }

    void flush() {
        if (view_) {
            progress_.clear();
            table_out_->write(render_pair(*view_, style_));
            view_.reset();
        }
    }

    [[nodiscard]] std::vector<TableRow> rows() const {
        std::vector<TableRow> rows;
        for (std::size_t w = 0; w < summaries_.size(); ++w) {
            const bool null_world = is_null(w);
            rows.push_back({.world = session_.world_names()[w],
                            .summary = summaries_[w].summary(),
                            .null_world = null_world});
            if (arguments_.independent && !null_world) {
                rows.push_back({.world = session_.world_names()[w] + " (fresh noise)",
                                .summary = independent_[w].summary(),
                                .null_world = false});
            }
        }
        return rows;
    }

    /// The measures of each world but the null world, fresh noise after each; in order.
    [[nodiscard]] std::vector<WorldMeasures> measures() const {
        std::vector<WorldMeasures> result;
        for (std::size_t w = 0; w < session_.worlds().size(); ++w) {
            for (const bool fresh : {false, true}) {
                if (!fresh || arguments_.independent) {
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

    void table() {
        if (arguments_.jsonl != "-" && !arguments_.json) {
            const std::string legend = shown_ > 0 ? render_legend(style_) + "\n" : "";
            const std::string brief = render_brief(measures(), style_);
            table_out_->write(legend + render_table(rows(), style_) +
                              (brief.empty() ? "" : "\n" + brief));
        }
    }

    [[nodiscard]] bool is_null(std::size_t world) const {
        return world >= session_.worlds().size();
    }

private:
    [[nodiscard]] TextOf text() const {
        return [this](std::span<const Token> tokens) { return session_.model().text(tokens); };
    }

    void measure(const Pair& pair, PairMeasures& measures) const {
        const Subject& subject = session_.subjects()[static_cast<std::size_t>(pair.string)];
        const std::string before = shown_text(*pair.factual, text()).text;
        const std::string after = shown_text(pair.counterfactual, text()).text;
        measures.add({.cluster = pair.string,
                      .factual = {.text = before,
                                  .tokens = pair.factual->tokens,
                                  .ended = pair.factual->ended},
                      .counterfactual = {.text = after,
                                         .tokens = pair.counterfactual.tokens,
                                         .ended = pair.counterfactual.ended},
                      .prompt = subject.prompt,
                      .prompt_tokens = session_.prompt_length(pair.string, -1)});
    }

    [[nodiscard]] PairContext context(const Pair& pair) const {
        const Subject& subject = session_.subjects()[static_cast<std::size_t>(pair.string)];
        PairContext context;
        context.id = subject.id;
        context.world = session_.world_names()[static_cast<std::size_t>(pair.world)];
        context.prompt = subject.prompt;
        if (subject.from_tokens) {
            context.prompt_tokens = subject.prompt_tokens;
        }
        context.text = text();
        context.ends = [this](Token token) { return session_.model().ends(token); };
        context.prompt_text = [this](std::span<const Token> tokens) {
            return session_.model().text(tokens, true);
        };
        return context;
    }

    void show(const Pair& pair) {
        if (!show_ || pair.null_world) {
            return;
        }
        const bool new_string =
            !view_ || shown_string_ != pair.string || shown_sample_ != pair.sample;
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

    const Session& session_;
    const RunArguments& arguments_;
    Progress& progress_;
    std::vector<SummaryBuilder> summaries_;
    std::vector<SummaryBuilder> independent_;
    std::vector<PairMeasures> measures_;  ///< of each world
    std::vector<PairMeasures> fresh_measures_;
    Style style_;
    std::unique_ptr<Output> table_out_;
    std::unique_ptr<Output> jsonl_;
    bool show_;
    std::optional<PairView> view_;
    int shown_string_ = -1;
    int shown_sample_ = -1;
    int shown_ = 0;
};

nlohmann::ordered_json summary_json(const TableRow& row) {
    const Summary& s = row.summary;
    nlohmann::ordered_json json{{"world", row.world},
                                {"strings", s.strings},
                                {"unchanged", s.unchanged},
                                {"lcp_median", s.lcp_median},
                                {"lcp_mean", s.lcp_mean},
                                {"lcp_mean_share", s.lcp_mean_share},
                                {"changed_tokens", s.changed_tokens},
                                {"positions", s.positions},
                                {"fragile", s.fragile},
                                {"factual_ended", s.factual_ended},
                                {"counterfactual_ended", s.counterfactual_ended}};
    if (s.mean_divergence) {
        json["mean_divergence"] = *s.mean_divergence;
    }
    return json;
}

void print_json(const Session& session, const Reporter& reporter, const RunReport& report) {
    nlohmann::ordered_json json{{"model", session.model().path().string()},
                                {"strings", report.strings},
                                {"pairs", report.pairs},
                                {"seconds", report.seconds},
                                {"seconds_in_llama", report.backend.all},
                                {"seconds_in_hooks", report.backend.hooks},
                                {"skipped", report.skipped},
                                {"repacked", session.repacked()}};
    json["worlds"] = nlohmann::ordered_json::array();
    const auto measures = reporter.measures();
    for (const auto& row : reporter.rows()) {
        json["worlds"].push_back(summary_json(row));
        const auto found = std::find_if(measures.begin(), measures.end(),
                                        [&](const auto& m) { return m.world == row.world; });
        if (found != measures.end()) {
            json["worlds"].back().update(measures_json(*found));
        }
    }
    json["batch_invariant"] = nlohmann::ordered_json::object();
    for (const auto& probe : session.probes()) {
        json["batch_invariant"][probe.world] = probe.probe.invariant;
    }
    Output("-").write(json.dump(2) + "\n");
}

/// The floor: says loudly when the null world is not the factual one. Returns false then.
bool check_floor(const Session& session, const Reporter& reporter) {
    for (const auto& row : reporter.rows()) {
        const auto changed = row.summary.strings - row.summary.unchanged;
        if (row.null_world && changed > 0) {
            std::string reason = "--fast lets llama.cpp evaluate rows in shapes that differ";
            for (const auto& probe : session.probes()) {
                if (!probe.probe.invariant) {
                    reason = "this model is not batch invariant here (" + probe.probe.shape + ")";
                }
            }
            fmt::print(stderr,
                       "otherwise: WARNING: the null world diverged in {} of {} strings: {}; "
                       "effects below "
                       "that floor mean nothing\n",
                       changed, row.summary.strings, reason);
            return false;
        }
    }
    return true;
}

int finish_run(Session& session, Reporter& reporter, const RunArguments& arguments,
               const RunReport& report) {
    reporter.flush();
    reporter.table();
    if (arguments.json) {
        print_json(session, reporter, report);
    }
    for (const auto& id : report.skipped) {
        fmt::print(stderr, "otherwise: skipped string '{}': the factual mechanism forbids it\n",
                   id);
    }
    check_floor(session, reporter);
    for (const auto& warning : session.verdict(report)) {
        fmt::print(stderr, "otherwise: WARNING: {}\n", warning);
    }
    if (!report.cancelled && !report.skipped.empty() && report.pairs == 0) {
        fail({.where = "run",
              .expected = "at least one observed string that the factual mechanism can write",
              .came = "none"});
    }
    if (report.cancelled) {
        fmt::print(stderr, "otherwise: interrupted: {} of {} strings are done{}\n", report.strings,
                   session.estimate().strings,
                   arguments.jsonl.empty() ? "" : ", and their lines are written");
        return 1;
    }
    if (!arguments.quiet) {
        fmt::print(stderr,
                   "{} pairs in {}, {:.1f} a second; {:.1f} % of the time outside llama.cpp{}\n",
                   report.pairs,
                   report.seconds < kFewSeconds ? fmt::format("{:.1f} s", report.seconds)
                                                : duration_text(report.seconds),
                   static_cast<double>(report.pairs) / report.seconds,
                   100.0 * (1.0 - report.backend.all / report.seconds), hooks_text(report.backend));
    }
    return 0;
}

int run(const RunArguments& arguments) {
    check_run_options(arguments);
    const auto worlds = worlds_of(arguments);
    const auto targets = targets_of(arguments.targets);
    const auto factual = factual_plan(arguments.model);
    std::vector<WorldPlan> plans;
    plans.reserve(worlds.size());
    for (const auto& world : worlds) {
        plans.push_back(with_interventions(factual, world));
    }
    auto all_plans = plans;
    all_plans.push_back(factual);
    check_output(arguments, all_plans);
    Output("-").require();
    const auto note = [&](const std::string& line) {
        if (!arguments.quiet) {
            fmt::print(stderr, "{}\n", line);
        }
    };
    Session session(factual, plans, strings_of(arguments), session_options(arguments), note);
    if (arguments.dry_run) {
        print_dry_run(session, worlds);
        return 0;
    }
    session.notes(note);
    catch_interrupts();
    Progress progress(session.estimate().pairs, stderr,
                      arguments.quiet ? Progress::Options{.visible = false} : Progress::Options{});
    Reporter reporter(session, arguments, targets, progress);
    const auto report =
        session.run({.on_pair = [&](const Pair& pair) { reporter.take(pair); },
                     .on_progress = [&](long done, long total) { progress.update(done, total); },
                     .cancelled = interrupted});
    progress.clear();
    return finish_run(session, reporter, arguments, report);
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand(
        "run",
        "what each world would have written, with the luck held fixed\n"
        "Usage: otherwise run [-m FILE] (-p TEXT | -f FILE) --world NAME=ITEM [options]");
    const auto arguments = std::make_shared<RunArguments>();
    add_run_options(*command, *arguments);
    command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace otherwise::cli
