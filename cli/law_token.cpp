// otherwise law --law-at: what one token would have become.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/dry_run.h"
#include "cli/law_command.h"
#include "cli/law_show.h"
#include "cli/output.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise::cli {
namespace {

nlohmann::ordered_json outcome_json(const Outcome& outcome, const std::string& piece) {
    nlohmann::ordered_json json{{"token", outcome.token},
                                {"text", to_utf8(piece)},
                                {"probability", outcome.probability},
                                {"p", outcome.p},
                                {"q", outcome.q}};
    return json;
}

}  // namespace

int law_of_token(const LawArguments& arguments) {
    TokenSite site = parse_site(arguments.law_at);
    const auto worlds = worlds_of(arguments.run);
    const auto strings = choose_string(law_strings(arguments), site);
    const auto session = open_session(arguments, worlds, strings, Floors::none);
    if (arguments.run.dry_run) {
        print_dry_run(*session, worlds);
        return 0;
    }
    Scene scene = session->scene();
    scene.options.samples = site.sample + 1;
    std::vector<std::optional<TokenLaw>> laws(scene.worlds.size());
    std::shared_ptr<const Written> written;
    LawOptions options;
    options.on_position = [&](const Draw& draw, int world, int position, const Law& factual,
                              const Law& other) {
        if (draw.sample == site.sample && position == site.position) {
            laws[static_cast<std::size_t>(world)] =
                law_at(factual, other, draw.written->tokens[static_cast<std::size_t>(position)],
                       arguments.top);
        }
    };
    const auto report = run_with_progress(arguments, scene, options, [&](const StringLaw& law) {
        written = law.sample == site.sample ? law.written : written;
    });
    if (!written && (report.cancelled || !report.skipped.empty())) {
        return closing_lines(arguments, *session, report);
    }
    if (!written) {
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
    const auto piece = [&](Token token) { return session->model().piece(token, true); };
    auto json = nlohmann::ordered_json::array();
    std::string text;
    for (std::size_t w = 0; w < laws.size(); ++w) {
        const std::string& name = scene.worlds[w].name;
        if (!laws[w]) {
            fmt::print(stderr,
                       "otherwise: world '{}' has no law there: a do forces it, or came before\n",
                       name);
            continue;
        }
        nlohmann::ordered_json one{
            {"world", name},
            {"observed", outcome_json(laws[w]->observed, piece(laws[w]->observed.token))}};
        one["outcomes"] = nlohmann::ordered_json::array();
        for (const auto& outcome : laws[w]->outcomes) {
            one["outcomes"].push_back(outcome_json(outcome, piece(outcome.token)));
        }
        one["rest"] = laws[w]->rest;
        one["stay_bounds"] = {laws[w]->bounds.low, laws[w]->bounds.high};
        json.push_back(std::move(one));
        text +=
            (text.empty() ? "" : "\n") + render_token_law(name, *laws[w], piece, style_for(stdout));
    }
    Output("-").write(arguments.run.json ? json.dump(2) + "\n" : text);
    return closing_lines(arguments, *session, report);
}

}  // namespace otherwise::cli
