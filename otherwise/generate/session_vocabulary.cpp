// The tokens that all models of a session have.
#include <algorithm>
#include <set>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/text.h"
#include "otherwise/generate/session.h"

namespace otherwise {

/// Laws of worlds whose models differ in tokens can only be compared over those that all have; a
/// token that one lacks would else give an infinite divergence.
void Session::find_masked() {
    std::set<Token> all;
    for (const auto& world : worlds_) {
        all.insert(world.differing.begin(), world.differing.end());
    }
    masked_.assign(all.begin(), all.end());
}

void Session::check_masked() const {
    for (const auto& world : worlds_) {
        for (const auto& [position, token] : world.forced) {
            if (is_masked(token)) {
                misuse({.where = "Session",
                        .expected = item_kind("do", std::to_string(position)) + " in world '" +
                                    world.plan.name +
                                    "' with tokens that every model of the study has",
                        .came = std::to_string(token) + " '" +
                                to_utf8(world.model->token_name(token)) + "'"});
            }
        }
    }
    for (const auto& subject : subjects_) {
        if (!subject.observed || options_.skip_impossible) {
            continue;
        }
        const auto& tokens = *subject.observed;
        const auto found =
            std::ranges::find_if(tokens, [&](Token token) { return is_masked(token); });
        if (found != tokens.end()) {
            fail({.where = "Session",
                  .expected = "observed strings of tokens that every model of the study has",
                  .came = "token " + std::to_string(*found) + " '" +
                          to_utf8(factual_.model->token_name(*found)) + "' at position " +
                          std::to_string(found - tokens.begin()) + " of string '" + subject.id +
                          "'",
                  .advice = "leave that string out (" + setting("skip_impossible") +
                            "), or compare models with " + "one vocabulary"});
        }
    }
}

}  // namespace otherwise
