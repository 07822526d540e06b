// otherwise law: what would have stayed, exactly and without sampling.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/dry_run.h"
#include "cli/law_command.h"
#include "cli/law_show.h"
#include "cli/measures.h"
#include "cli/output.h"
#include "cli/rounding_show.h"
#include "otherwise/api/kernels_json.h"
#include "otherwise/measure/law_jsonl.h"

namespace otherwise::cli {
namespace {

/// Takes the laws of a run in order: writes them, shows them, sums them up.
class LawReporter {
public:
    LawReporter(const Session& session, const LawArguments& arguments)
        : session_(session),
          arguments_(arguments),
          style_(style_for(stdout)),
          summaries_(session.world_names().size()),
          changed_(session.world_names().size()),
          out_(std::make_unique<Output>("-")),
          show_(arguments.tokens && arguments.run.jsonl != "-") {
        if (!arguments.run.jsonl.empty()) {
            jsonl_ = std::make_unique<Output>(arguments.run.jsonl);
        }
    }

    void take(const StringLaw& law) {
        summaries_[static_cast<std::size_t>(law.world)].add(law);
        changed_[static_cast<std::size_t>(law.world)].add(law.string, law.sample,
                                                          1.0 - law.prefix.unchanged);
        if (jsonl_ && is_written(arguments_.run.study, law.role)) {
            jsonl_->write(to_jsonl(law, {.id = subject(law).id,
                                         .world = world_name(law),
                                         .piece = [this](Token token) { return piece(token); }}) +
                          "\n");
        }
        if (show_ && law.role == WorldRole::change) {
            show(law);
        }
    }

    [[nodiscard]] std::vector<LawRow> rows(const std::vector<RoundingRow>& rounding,
                                           const std::vector<Measured>& targets) {
        std::vector<LawRow> rows;
        for (std::size_t w = 0; w < summaries_.size(); ++w) {
            rows.push_back({.world = session_.world_names()[w],
                            .summary = summaries_[w].summary(),
                            .role = session_.role(w),
                            .target = std::nullopt});
            if (!targets.empty()) {
                rows.back().target = targets[w + 1];
            }
            if (const auto* beyond = find_rounding(rounding, rows.back().world)) {
                rows.back().over_nudge = beyond->beyond.difference;
            }
        }
        return rows;
    }

    [[nodiscard]] std::vector<RoundingRow> rounding() const {
        return rounding_rows(session_, changed_);
    }

    void print(const std::vector<LawRow>& rows, const std::vector<RoundingRow>& rounding) {
        if (arguments_.run.jsonl != "-") {
            const auto beyond = render_rounding(rounding, is_smooth(session_), style_);
            out_->write((shown_ > 0 ? "\n" : "") + render_law(rows, beyond, style_));
        }
    }

private:
    [[nodiscard]] const Subject& subject(const StringLaw& law) const {
        return session_.subjects()[static_cast<std::size_t>(law.string)];
    }
    [[nodiscard]] const std::string& world_name(const StringLaw& law) const {
        return session_.world_names()[static_cast<std::size_t>(law.world)];
    }
    [[nodiscard]] std::string piece(Token token) const {
        return session_.model().piece(token, true);
    }

    void show(const StringLaw& law) {
        const bool new_string = law.string != shown_string_ || law.sample != shown_sample_;
        if (new_string && arguments_.run.shown >= 0 && shown_ >= arguments_.run.shown) {
            show_ = false;
            return;
        }
        if (new_string) {
            ++shown_;
            shown_string_ = law.string;
            shown_sample_ = law.sample;
            const std::string sample = law.sample == 0 ? "" : fmt::format("#{}", law.sample);
            out_->write(hang(cells_of("▌ " + subject(law).id + sample + "  ", Ink::accent),
                             cells_of(subject(law).prompt, Ink::strong), style_));
        }
        std::vector<TokenView> views;
        views.reserve(law.stay.size());
        for (std::size_t t = 0; t < law.stay.size(); ++t) {
            views.push_back({.text = piece(law.written->tokens[t]), .stay = law.stay[t]});
        }
        const std::string label =
            fmt::format("  {} {:.2f}  ", world_name(law), law.prefix.unchanged);
        out_->write(render_tokens(label, views, style_));
    }

    const Session& session_;
    const LawArguments& arguments_;
    Style style_;
    std::vector<LawSummaryBuilder> summaries_;
    std::vector<ChangedStrings> changed_;
    std::unique_ptr<Output> out_;
    std::unique_ptr<Output> jsonl_;
    bool show_;
    int shown_ = 0;
    int shown_string_ = -1;
    int shown_sample_ = -1;
};

nlohmann::ordered_json row_json(const LawRow& row) {
    const LawSummary& s = row.summary;
    nlohmann::ordered_json json{{"world", row.world},
                                {"null", row.role == WorldRole::null},
                                {"nudge", row.role == WorldRole::nudge},
                                {"strings", s.strings},
                                {"positions", s.positions},
                                {"lost_positions", s.lost},
                                {"mean_length", s.length},
                                {"unchanged", measured_json(s.unchanged)},
                                {"expected_lcp", measured_json(s.expected_lcp)}};
    json["survival"] = nlohmann::ordered_json::array();
    for (const auto& point : s.survival) {
        json["survival"].push_back(point.value);
    }
    if (s.positions > 0) {
        json["agreement"] = s.agreement;
        if (s.exact_agreement) {
            json["exact_agreement"] = *s.exact_agreement;
        }
        json["same_draw"] = s.same_draw;
        json["kl"] = {{"mean", s.kl.mean}, {"median", s.kl.median}, {"p90", s.kl.p90},
                      {"p99", s.kl.p99},   {"p999", s.kl.p999},     {"max", s.kl.maximum}};
        json["same_top"] = s.same_top;
        json["rms_dp"] = s.rms_dp;
        json["perplexity"] = s.other_perplexity;
        json["factual_perplexity"] = s.perplexity;
    }
    json["bounds"] = {s.bounds.low, s.bounds.high};
    json["token_bounds"] = {s.token_bounds.low, s.token_bounds.high};
    if (row.target) {
        json["target"] = measured_json(*row.target);
    }
    return json;
}

void print_json(const Session& session, const LawReport& report, const std::vector<LawRow>& rows,
                const std::vector<RoundingRow>& rounding, const std::vector<Measured>& targets) {
    nlohmann::ordered_json json{{"model", session.model().path().string()},
                                {"strings", report.strings},
                                {"tokens", report.tokens},
                                {"seconds", report.seconds},
                                {"seconds_in_llama", report.backend.all},
                                {"seconds_in_hooks", report.backend.hooks},
                                {"skipped", report.skipped}};
    json.update(kernels_json());
    if (!targets.empty()) {
        json["factual_target"] = measured_json(targets.front());
    }
    json["worlds"] = nlohmann::ordered_json::array();
    for (std::size_t w = 0; w < rows.size(); ++w) {
        json["worlds"].push_back(row_json(rows[w]));
        add_rounding(json["worlds"].back(), rounding);
        json["worlds"].back()["rows"] = rows_json(report.worlds.at(w));
    }
    Output("-").write(json.dump(2) + "\n");
}

/// What people should know about the rows, on stderr.
void warn(const std::vector<LawRow>& rows, const std::vector<Measured>& targets, bool quiet) {
    for (const auto& row : rows) {
        const LawSummary& s = row.summary;
        if (row.role == WorldRole::null && !is_floor(row)) {
            fmt::print(stderr,
                       "otherwise: WARNING: the null world is not the factual one (P(unchanged) "
                       "{:.6f}): effects below that floor mean nothing\n",
                       s.unchanged.value);
        }
        if (s.lost > 0) {
            fmt::print(stderr,
                       "otherwise: world '{}': there is no law after a do that differs: {} of {} "
                       "positions are lost\n",
                       row.world, s.lost, s.lost + s.positions);
        } else if (row.role == WorldRole::change && s.positions > 0 && s.kl.maximum == 0.0 &&
                   s.agreement == 1.0) {
            fmt::print(stderr, "otherwise: WARNING: world '{}' acted and changed no law\n",
                       row.world);
        }
        if (!quiet && row.role == WorldRole::change && s.strings > 0 &&
            is_small_sample(s.expected_lcp)) {
            fmt::print(
                stderr,
                "otherwise: world '{}': intervals are too narrow with fewer than {} strings; "
                "here are {}\n",
                row.world, kFewClusters, s.expected_lcp.clusters);
        }
    }
    if (!quiet && !targets.empty()) {
        fmt::print(stderr, "P(target) in the factual world: {}\n",
                   measured_text(targets.front(), 4));
    }
}

int law(const LawArguments& arguments) {
    check_law_options(arguments);
    if (!arguments.law_at.empty()) {
        return law_of_token(arguments);
    }
    if (!arguments.sweep.empty()) {
        return law_sweep(arguments);
    }
    return arguments.threshold.empty() ? law_tables(arguments) : law_threshold(arguments);
}

}  // namespace

int law_tables(const LawArguments& arguments) {
    const auto worlds = worlds_of(arguments.run);
    const auto session = open_session(arguments, worlds, law_strings(arguments), Floors::all);
    if (arguments.run.dry_run) {
        print_dry_run(*session, worlds);
        return 0;
    }
    const Scene scene = session->scene();
    LawReporter reporter(*session, arguments);
    auto report = run_with_progress(arguments, scene, {.agreement = arguments.agreement},
                                    [&](const StringLaw& law) { reporter.take(law); });
    const auto targets = target_rates(arguments, *session, scene, report);
    const auto rounding = reporter.rounding();
    const auto rows = reporter.rows(rounding, targets);
    if (arguments.run.json) {
        print_json(*session, report, rows, rounding, targets);
    } else {
        reporter.print(rows, rounding);
    }
    warn(rows, targets, arguments.run.quiet);
    return closing_lines(arguments, *session, report);
}

void add_law(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand(
        "law",
        "what would have stayed, exactly and without sampling\n"
        "Usage: otherwise law [-m FILE] (-p TEXT | -f FILE | --corpus FILE) --world NAME=ITEM ...");
    const auto arguments = std::make_shared<LawArguments>();
    add_law_options(*command, *arguments);
    command->callback([arguments, &action] { action = [arguments] { return law(*arguments); }; });
}

}  // namespace otherwise::cli
