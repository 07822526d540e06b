#include "otherwise/api/law.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/measure/law.h"
#include "otherwise/measure/target.h"
#include "otherwise/measure/threshold.h"
#include "otherwise/world/opened.h"

namespace otherwise {
namespace {

bool is_cancelled(const LawEvents& events) { return events.cancelled && events.cancelled(); }

/// The laws of a scene; `take` has each before the caller has it.
LawOutcome run_with(const LawEvents& events, const Scene& scene, const LawOptions& options,
                    const std::function<void(const StringLaw&)>& take) {
    return run_laws(scene, options,
                    {.on_string =
                         [&](const StringLaw& law) {
                             take(law);
                             if (events.on_string) {
                                 events.on_string(law);
                             }
                         },
                     .on_progress =
                         [&](long done, long total) {
                             if (events.on_progress) {
                                 events.on_progress(done, total);
                             }
                         },
                     .cancelled = events.cancelled});
}

/// No world can write a token that some model lacks.
void require_common(const Tokens& tokens, const Session& session) {
    const auto found =
        std::ranges::find_if(tokens, [&](Token token) { return session.is_masked(token); });
    if (found != tokens.end()) {
        misuse(
            {.where = "require_common",
             .expected = setting("target_text") + " with tokens that every model of the study has",
             .came = std::to_string(*found) + " '" + to_utf8(session.model().token_name(*found)) +
                     "'"});
    }
}

/// P(target text | prompt) in each world of the scene, the factual one first; empty when none was
/// asked for, or when it was cancelled, which the report says then.
std::vector<Measured> rates_of_target(const OpenedLaw& opened, const Scene& scene,
                                      const LawEvents& events, LawOutcome& report) {
    const auto& text = opened.settings().target_text;
    if (!text || report.cancelled) {
        return {};
    }
    const Tokens tokens = opened.session().model().continuation(*text, false);
    require_common(tokens, opened.session());
    auto rates = target_rates(target_log_probs(scene, tokens, events.cancelled));
    report.cancelled = is_cancelled(events);
    return rates;
}

NudgeOf nudges_of(const Session& session) {
    return [&session](std::size_t world) { return session.nudge_of(world); };
}

std::vector<std::string> doubts_of(const WorldLaw& law, bool brief) {
    std::vector<std::string> lines;
    const LawSummary& s = law.summary;
    if (law.role == WorldRole::null && !is_floor(law)) {
        lines.push_back(fmt::format(
            "WARNING: the null world is not the factual one (P(unchanged) {:.6f}): effects below "
            "that floor mean nothing",
            s.unchanged.value));
    }
    if (s.lost > 0) {
        lines.push_back(fmt::format(
            "world '{}': there is no law after a do that differs: {} of {} positions are lost",
            law.world, s.lost, s.lost + s.positions));
    } else if (law.role == WorldRole::change && s.positions > 0 && s.kl.maximum == 0.0 &&
               s.agreement == 1.0) {
        lines.push_back(fmt::format("WARNING: world '{}' acted and changed no law", law.world));
    }
    if (!brief && law.role == WorldRole::change && s.strings > 0 &&
        is_small_sample(s.expected_lcp)) {
        lines.push_back(fmt::format(
            "world '{}': intervals are too narrow with fewer than {} strings; here are {}",
            law.world, kFewClusters, s.expected_lcp.clusters));
    }
    return lines;
}

}  // namespace

LawTable law_table(OpenedLaw& opened, const LawEvents& events) {
    Session& session = opened.session();
    const Scene scene = session.scene();
    WorldLaws laws(session.world_names());
    LawTable table{.model = session.model().path().string(),
                   .worlds = {},
                   .report = run_with(events, scene, {.agreement = opened.settings().agreement},
                                      [&](const StringLaw& law) { laws.add(law); }),
                   .smooth = !session.model().quantized()};
    const auto targets = rates_of_target(opened, scene, events, table.report);
    if (!targets.empty()) {
        table.factual_target = targets.front();
    }
    table.worlds = laws.worlds(scene, table.report, targets, nudges_of(session));
    return table;
}

LawTable law(const Study& study, const LawSettings& settings, const Work& work,
             const LawEvents& events, const Note& note) {
    OpenedLaw opened = open_law(study, settings, work, note);
    LawTable table = law_table(opened, events);
    require_laws(opened, table.report);
    return table;
}

void require_laws(const OpenedLaw& opened, const LawOutcome& report) {
    const Session& session = opened.session();
    if (report.cancelled) {
        return;
    }
    if (!report.skipped.empty() && report.skipped.size() == session.subjects().size()) {
        fail({.where = "law",
              .expected = "at least one observed string that the factual mechanism can write",
              .came = "none"});
    }
    for (std::size_t world = 0; world < session.worlds().size() && report.longest > 0; ++world) {
        session.check_reached(world, report.longest);
    }
}

std::vector<std::string> doubts(const LawTable& table, bool brief) {
    std::vector<std::string> lines;
    for (const auto& world : table.worlds) {
        const auto more = doubts_of(world, brief);
        lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
}

SweepTable law_sweep(OpenedLaw& opened, const LawEvents& events) {
    Session& session = opened.session();
    const Scene scene = session.scene();
    WorldLaws laws(session.world_names());
    SweepTable table{
        .target = std::string(parse_sweep(opened.settings().sweep).target),
        .rows = {},
        .report = run_with(events, scene, {}, [&](const StringLaw& law) { laws.add(law); })};
    const auto targets = rates_of_target(opened, scene, events, table.report);
    for (std::size_t w = 0; w < session.world_names().size(); ++w) {
        DoseRow row{.summary = laws.summary(w)};
        if (w < opened.doses.size()) {
            row.dose = opened.doses[w];
        }
        if (!targets.empty()) {
            row.target = targets[w + 1];
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

ThresholdTable law_threshold(OpenedLaw& opened, const LawEvents& events) {
    Session& session = opened.session();
    const ThresholdRequest& request = opened.request;
    const World& world = opened.study().worlds.front();
    const auto factual = plans_of(opened.study(), opened.opened().work()).factual;
    const Scene scene = session.scene();
    session.release_worlds();  // one is made for each strength instead
    const auto at = [&](double strength, int parallel) -> StrengthWorld {
        const auto plan = with_interventions(
            factual, with_scale(world, request.site.item, static_cast<float>(strength)));
        return {.evaluator = session.shares(0) ? nullptr : session.context_for(plan, parallel),
                .mechanism = mechanism_of(plan, session.model())};
    };
    const auto found = find_thresholds(
        scene, scene.worlds.front(), at,
        {.low = request.low, .high = request.high, .halvings = opened.settings().halvings},
        events.on_progress, events.cancelled);
    ThresholdTable table{.target = request.target,
                         .low = request.low,
                         .high = request.high,
                         .strings = {},
                         .skipped = {},
                         .cancelled = is_cancelled(events)};
    for (const auto& one : found) {
        const auto& id = session.subjects()[static_cast<std::size_t>(one.string)].id;
        if (one.impossible) {
            table.skipped.push_back(id);
            continue;
        }
        StringThreshold string{.string = id,
                               .sample = one.sample,
                               .strength = one.strength,
                               .at_low = one.at_low,
                               .position = one.position};
        if (one.strength) {
            const auto position = static_cast<std::size_t>(one.position);
            string.factual = session.model().piece(one.factual->tokens[position], true);
            string.counterfactual = session.model().piece(one.token, true);
        }
        table.strings.push_back(std::move(string));
    }
    return table;
}

namespace {

void require_site(const TokenSite& site, const Written* written) {
    if (written == nullptr) {
        misuse({.where = "law_of_token",
                .expected = "sample 0 of an observed string",
                .came = std::to_string(site.sample)});
    }
    if (static_cast<std::size_t>(site.position) >= written->tokens.size()) {
        misuse({.where = "law_of_token",
                .expected = fmt::format("a position within the string's {} tokens, from 0",
                                        written->tokens.size()),
                .came = std::to_string(site.position)});
    }
}

void add_pieces(const TokenLaw& law, const Model& model, std::map<Token, std::string>& pieces) {
    pieces.try_emplace(law.observed.token, model.piece(law.observed.token, true));
    for (const auto& outcome : law.outcomes) {
        pieces.try_emplace(outcome.token, model.piece(outcome.token, true));
    }
}

}  // namespace

TokenTable law_of_token(OpenedLaw& opened, const LawEvents& events) {
    Session& session = opened.session();
    const TokenSite& site = opened.site;
    Scene scene = session.scene();
    scene.options.samples = site.sample + 1;
    std::vector<std::optional<TokenLaw>> laws(scene.worlds.size());
    std::shared_ptr<const Written> written;
    LawOptions options;
    options.on_position = [&](const Draw& draw, int world, int position, const Law& factual,
                              const Law& other) {
        if (draw.sample == site.sample && position == site.position) {
            laws[static_cast<std::size_t>(world)] =
                law_at(factual, other, draw.written->tokens[static_cast<std::size_t>(position)],
                       opened.settings().top);
        }
    };
    TokenTable table;
    table.report = run_with(events, scene, options, [&](const StringLaw& law) {
        written = law.sample == site.sample ? law.written : written;
    });
    if (!written && (table.report.cancelled || !table.report.skipped.empty())) {
        return table;
    }
    require_site(site, written.get());
    table.known = true;
    add_laws(table, std::move(laws), session.world_names(), session.model());
    return table;
}

void add_laws(TokenTable& table, std::vector<std::optional<TokenLaw>> laws,
              const std::vector<std::string>& names, const Model& model) {
    for (std::size_t w = 0; w < laws.size(); ++w) {
        if (!laws[w]) {
            table.without.push_back(names[w]);
            continue;
        }
        add_pieces(*laws[w], model, table.pieces);
        table.worlds.push_back({.world = names[w], .law = std::move(*laws[w])});
    }
}

}  // namespace otherwise
