// What the ways of `otherwise law` share.
#include "cli/law_command.h"

#include <fmt/core.h>

#include <cmath>

#include "cli/dry_run.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/measure/target.h"

namespace otherwise::cli {
namespace {

/// No world can write a token that some model lacks.
void require_common(const Tokens& tokens, const Session& session) {
    const auto found =
        std::ranges::find_if(tokens, [&](Token token) { return session.is_masked(token); });
    if (found != tokens.end()) {
        misuse({.where = "require_common",
                .expected = "--target-text with tokens that every model of the study has",
                .came = std::to_string(*found) + " '" +
                        to_utf8(session.model().token_name(*found)) + "'"});
    }
}

Tokens target_tokens(const LawArguments& arguments, const Model& model) {
    Tokens tokens = model.continuation(*arguments.target, false);
    if (tokens.empty()) {
        misuse({.where = "target_tokens",
                .expected = "--target-text with a text of at least one token",
                .came = "'" + *arguments.target + "'"});
    }
    return tokens;
}

}  // namespace

Progress::Options progress_options(const LawArguments& arguments, const std::string& unit) {
    Progress::Options options;
    options.unit = unit;
    if (arguments.run.quiet) {
        options.visible = false;
    }
    return options;
}

std::unique_ptr<Session> open_session(const LawArguments& arguments,
                                      const std::vector<World>& worlds,
                                      const std::vector<InputString>& strings, Floors floors) {
    const auto factual = factual_plan(arguments.run);
    std::vector<WorldPlan> plans;
    plans.reserve(worlds.size());
    for (const auto& world : worlds) {
        plans.push_back(with_interventions(factual, world));
    }
    auto all_plans = plans;
    all_plans.push_back(factual);
    std::vector<std::string> inputs;
    if (!arguments.corpus.empty()) {
        inputs.push_back(arguments.corpus);
    }
    check_output(arguments.run, all_plans, inputs);
    Output("-").require();
    const auto note = [quiet = arguments.run.quiet](const std::string& line) {
        if (!quiet) {
            fmt::print(stderr, "{}\n", line);
        }
    };
    SessionOptions options = session_options(arguments.run);
    options.read_only = true;
    if (arguments.target) {
        const auto model = Model::load(factual.model, {.vocabulary_only = true});
        options.extra_tokens = static_cast<int>(target_tokens(arguments, *model).size());
    }
    if (floors != Floors::all) {
        options.null_strings = FloorStrings::none;
    }
    if (floors == Floors::none) {
        options.nudge_strings = FloorStrings::none;
    }
    if (!arguments.corpus.empty()) {
        options.context = 0;  // -c is the length of a chunk
    }
    auto session = std::make_unique<Session>(factual, plans, strings, options, note);
    if (!arguments.run.dry_run) {
        session->notes(note);
        if (!arguments.run.quiet) {
            note_repacking({.no_repack = arguments.run.study.no_repack}, models_of(all_plans));
        }
        catch_interrupts();
    }
    return session;
}

std::vector<Measured> target_rates(const LawArguments& arguments, const Session& session,
                                   const Scene& scene, LawReport& report) {
    if (!arguments.target || report.cancelled) {
        return {};
    }
    const Tokens tokens = target_tokens(arguments, session.model());
    require_common(tokens, session);
    std::vector<Measured> rates;
    for (const auto& logs : target_log_probs(scene, tokens, interrupted)) {
        std::vector<double> values;
        std::vector<int> clusters;
        for (std::size_t i = 0; i < logs.size(); ++i) {
            if (!std::isnan(logs[i])) {
                values.push_back(std::exp(logs[i]));
                clusters.push_back(static_cast<int>(i));
            }
        }
        rates.push_back(cluster_rate(values, clusters));
    }
    report.cancelled = interrupted();
    return rates;
}

LawReport run_with_progress(const LawArguments& arguments, const Scene& scene,
                            const LawOptions& options,
                            const std::function<void(const StringLaw&)>& on_string) {
    Progress progress(static_cast<long>(scene.subjects.size()), stderr,
                      progress_options(arguments, "strings"));
    return run_laws(scene, options,
                    {.on_string =
                         [&](const StringLaw& law) {
                             progress.clear();
                             on_string(law);
                         },
                     .on_progress = [&](long done, long total) { progress.update(done, total); },
                     .cancelled = interrupted});
}

int closing_lines(const LawArguments& arguments, const Session& session, const LawReport& report) {
    for (const auto& id : report.skipped) {
        fmt::print(stderr, "otherwise: skipped string '{}': the factual world cannot write it\n",
                   id);
    }
    if (report.cancelled) {
        fmt::print(stderr, "otherwise: interrupted: {} of {} strings are done\n", report.strings,
                   session.subjects().size());
        return 1;
    }
    if (!report.skipped.empty() && report.skipped.size() == session.subjects().size()) {
        fail({.where = "law",
              .expected = "at least one observed string that the factual mechanism can write",
              .came = "none"});
    }
    for (std::size_t world = 0; world < session.worlds().size() && report.longest > 0; ++world) {
        session.check_reached(world, report.longest);
    }
    if (!arguments.run.quiet) {
        fmt::print(stderr, "{} strings in {:.1f} s; {:.1f} % of the time outside llama.cpp{}\n",
                   report.strings, report.seconds,
                   100.0 * (1.0 - report.backend.all / report.seconds), hooks_text(report.backend));
    }
    return 0;
}

}  // namespace otherwise::cli
