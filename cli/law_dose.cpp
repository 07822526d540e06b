// otherwise law --sweep and --threshold: the law along a dose, and the dose that changes a string.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/dry_run.h"
#include "cli/law_command.h"
#include "cli/law_show.h"
#include "cli/output.h"
#include "cli/table.h"
#include "otherwise/base/text.h"
#include "otherwise/measure/threshold.h"

namespace otherwise::cli {
namespace {

constexpr int kSteps = 10;
constexpr int kBarWidth = 24;

void print_sweep(const LawArguments& arguments, const std::string& name,
                 const std::vector<DoseRow>& rows) {
    if (!arguments.run.json) {
        Output("-").write(render_sweep(name, rows, style_for(stdout)));
        return;
    }
    auto json = nlohmann::ordered_json::array();
    for (const auto& row : rows) {
        const LawSummary& s = row.summary;
        // As it was given: 0.1, not the nearest float in double precision.
        nlohmann::ordered_json one{{"dose", nullptr}};
        if (row.dose) {
            one["dose"] = nlohmann::ordered_json::parse(fmt::format("{:g}", *row.dose));
        } else {
            one["world"] = "nudge";
        }
        one["unchanged"] = measured_json(s.unchanged);
        one["expected_lcp"] = measured_json(s.expected_lcp);
        one["kl_mean"] = s.kl.mean;
        if (row.target) {
            one["target"] = measured_json(*row.target);
        }
        json.push_back(std::move(one));
    }
    Output("-").write(json.dump(2) + "\n");
}

/// A string's line for people.
TableLine threshold_line(const Threshold& one, const Session& session) {
    const auto piece = [&](Token token) { return "'" + session.model().piece(token, true) + "'"; };
    const auto& id = session.subjects()[static_cast<std::size_t>(one.string)].id;
    const std::string name = one.sample == 0 ? id : fmt::format("{}#{}", id, one.sample);
    if (!one.strength) {
        return {.cells = {name, "–", "", "", ""}, .ink = Ink::dim};
    }
    const Token factual = one.factual->tokens[static_cast<std::size_t>(one.position)];
    return {.cells = {name, fmt::format("{}{:.4g}", one.at_low ? "≤ " : "", *one.strength),
                      fmt::format("{}", one.position), piece(factual), piece(one.token)}};
}

std::string threshold_json(const Threshold& one, const Session& session) {
    const auto piece = [&](Token token) { return to_utf8(session.model().piece(token, true)); };
    nlohmann::ordered_json line{
        {"string", session.subjects()[static_cast<std::size_t>(one.string)].id},
        {"sample", one.sample},
        {"threshold", nullptr},
        {"at_low", one.at_low}};
    if (one.strength) {
        const Token factual = one.factual->tokens[static_cast<std::size_t>(one.position)];
        line["threshold"] = *one.strength;
        line["position"] = one.position;
        line["factual"] = piece(factual);
        line["counterfactual"] = piece(one.token);
    }
    return line.dump();
}

/// How many strings have changed at each of ten strengths.
std::string render_shares(const std::vector<Threshold>& thresholds, const std::string& name,
                          double low, double high, const Style& style) {
    std::vector<TableLine> lines;
    for (int step = 1; step <= kSteps; ++step) {
        const double strength = low + (high - low) * step / kSteps;
        const auto changed = std::ranges::count_if(thresholds, [&](const Threshold& one) {
            return one.strength &&
                   (high > low ? *one.strength <= strength : *one.strength >= strength);
        });
        const auto all = static_cast<double>(std::max<std::size_t>(1, thresholds.size()));
        std::string plot = bar(static_cast<double>(changed) / all, kBarWidth);
        const int rest = std::max(0, kBarWidth - display_width(plot));
        plot.append(static_cast<std::size_t>(rest), ' ');
        lines.push_back({.cells = {fmt::format("{:.4g}", strength), fmt::format("{}", changed),
                                   fmt::format("{}", thresholds.size()), plot}});
    }
    return render(table_of({name, "changed", "of", ""}, lines), style.colour);
}

}  // namespace

int law_sweep(const LawArguments& arguments) {
    const auto worlds = worlds_of(arguments.run);
    const Sweep sweep = parse_sweep(arguments.sweep);
    const ScaleSite site = find_scale(worlds, sweep.target);
    std::vector<World> doses;
    for (const float dose : sweep.doses) {
        doses.push_back(with_scale(worlds[site.world], site.item, dose));
        doses.back().name = fmt::format("{:g}", dose);
    }
    const auto session = open_session(arguments, doses, law_strings(arguments), Floors::nudges);
    if (arguments.run.dry_run) {
        print_dry_run(*session, doses);
        return 0;
    }
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        if (w != site.world) {
            fmt::print(stderr, "otherwise: world '{}' is left out of the sweep\n", worlds[w].name);
        }
    }
    const Scene scene = session->scene();
    std::vector<LawSummaryBuilder> summaries(session->world_names().size());
    auto report = run_with_progress(arguments, scene, {}, [&](const StringLaw& law) {
        summaries[static_cast<std::size_t>(law.world)].add(law);
    });
    const auto targets = target_rates(arguments, *session, scene, report);
    std::vector<DoseRow> rows;
    for (std::size_t i = 0; i < summaries.size(); ++i) {
        rows.push_back({.dose = i < doses.size() ? std::optional(sweep.doses[i]) : std::nullopt,
                        .summary = summaries[i].summary(),
                        .target = std::nullopt});
        if (!targets.empty()) {
            rows.back().target = targets[i + 1];
        }
    }
    print_sweep(arguments, std::string(sweep.target), rows);
    return closing_lines(arguments, *session, report);
}

int law_threshold(const LawArguments& arguments) {
    const auto worlds = worlds_of(arguments.run);
    const ThresholdRequest request = parse_threshold(arguments.threshold, worlds);
    const World& world = worlds[request.site.world];
    const auto session = open_session(arguments, {world}, law_strings(arguments), Floors::none);
    if (arguments.run.dry_run) {
        print_dry_run(*session, {world});
        return 0;
    }
    const auto jsonl =
        arguments.run.jsonl.empty() ? nullptr : std::make_unique<Output>(arguments.run.jsonl);
    const Scene scene = session->scene();
    session->release_worlds();  // one is made for each strength instead
    const auto factual = factual_plan(arguments.run);
    const auto at = [&](double strength, int parallel) -> StrengthWorld {
        const auto plan = with_interventions(
            factual, with_scale(world, request.site.item, static_cast<float>(strength)));
        return {.evaluator = session->shares(0) ? nullptr : session->context_for(plan, parallel),
                .mechanism = mechanism_of(plan, session->model())};
    };
    Progress progress(0, stderr, progress_options(arguments, "readings"));
    const auto thresholds = find_thresholds(
        scene, scene.worlds.front(), at,
        {.low = request.low, .high = request.high, .halvings = arguments.halvings},
        [&](long done, long total) { progress.update(done, total); }, interrupted);
    progress.clear();
    if (interrupted() && thresholds.empty()) {
        fmt::print(stderr, "otherwise: interrupted: no threshold is known yet\n");
        return 1;
    }
    std::string lines;
    std::vector<Threshold> known;
    std::vector<TableLine> table;
    auto json = nlohmann::ordered_json::array();
    for (const auto& one : thresholds) {
        if (one.impossible) {
            fmt::print(stderr,
                       "otherwise: skipped string '{}': the factual world cannot write it\n",
                       session->subjects()[static_cast<std::size_t>(one.string)].id);
            continue;
        }
        known.push_back(one);
        const std::string line = threshold_json(one, *session);
        lines += line + "\n";
        json.push_back(nlohmann::ordered_json::parse(line));
        table.push_back(threshold_line(one, *session));
    }
    if (jsonl) {
        jsonl->write(lines);
    }
    if (arguments.run.json) {
        Output("-").write(json.dump(2) + "\n");
    } else if (arguments.run.jsonl != "-") {
        const Style style = style_for(stdout);
        const std::string name = arguments.threshold.substr(0, arguments.threshold.find('='));
        const Table strings = table_of({"string", "changes at", "position", "from", "to"}, table);
        Output("-").write((arguments.run.quiet ? "" : render(strings, style.colour) + "\n") +
                          render_shares(known, name, request.low, request.high, style));
    }
    if (interrupted()) {
        fmt::print(stderr,
                   "otherwise: interrupted: strings change at these strengths, maybe at smaller "
                   "ones\n");
        return 1;
    }
    return 0;
}

}  // namespace otherwise::cli
