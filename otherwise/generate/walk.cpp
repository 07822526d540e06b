#include "otherwise/generate/walk.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "otherwise/base/error.h"
#include "otherwise/noise/race.h"

namespace otherwise {
namespace {

/// The factual token at written position t, or −1.
Token factual_token(const Sample& sample, int t) {
    const auto& tokens = sample.factual->written->tokens;
    return static_cast<std::size_t>(t) < tokens.size() ? tokens[static_cast<std::size_t>(t)] : -1;
}

/// Hindsight at written position t: for observed strings, within their length, under their own
/// noise.
std::optional<Hindsight> hindsight_at(const Sample& sample, int t) {
    if (!sample.factual || sample.independent ||
        static_cast<std::size_t>(t) >= sample.factual->laws.size()) {
        return std::nullopt;
    }
    return Hindsight{.factual = sample.factual->laws[static_cast<std::size_t>(t)].view(),
                     .observed = factual_token(sample, t)};
}

/// One row for all samples: makes a law when a sample needs it that the one before it had not.
class RowRace {
public:
    RowRace(std::span<const float> logits, WalkScratch& scratch)
        : logits_(logits), scratch_(scratch) {}

    /// The token of `sample` at written position t.
    Token token(Sample& sample, const Rules& rules, int t, Step& step) {
        const auto forced = rules.forced.find(t);
        if (forced != rules.forced.end()) {
            if (sample.following) {
                sample.last = {.winner = forced->second};
            }
            return forced->second;
        }
        const auto hindsight = hindsight_at(sample, t);
        const Finish finish =
            race(law(rules), Clocks(sample.place(t)), hindsight ? &*hindsight : nullptr);
        if (sample.following) {
            sample.margin = std::min(sample.margin, finish.margin);
            sample.last = finish;
            ++step.raced;
        }
        return finish.winner;
    }

    /// The observed token at t, whose law is kept; nothing where the mechanism forbids it.
    std::optional<Token> read(FactualString& string, const Rules& rules, int t) {
        const Token observed = string.written->tokens[static_cast<std::size_t>(t)];
        const Law& its = law(rules);
        if (!std::isfinite(its.log_prob(observed))) {
            string.impossible_at = t;
            return std::nullopt;
        }
        string.laws.emplace_back(its);
        return observed;
    }

private:
    const Law& law(const Rules& rules) {
        if (!law_ || !(rules_->mechanism == rules.mechanism) ||
            rules_->forbidden != rules.forbidden) {
            law_ = world_law(logits_, rules, scratch_);
            rules_ = &rules;
        }
        return *law_;
    }

    std::span<const float> logits_;
    WalkScratch& scratch_;
    const Rules* rules_ = nullptr;  // of the law
    std::optional<Law> law_;
};

/// make_law, whose error says in which world.
Law law_of(std::span<const float> logits, const Rules& rules, WalkScratch& scratch) {
    try {
        return make_law(rules.mechanism, logits, scratch.law);
    } catch (const Error& error) {
        Complaint complaint = error.complaint();
        if (!rules.world.empty()) {
            complaint.came += " in world '" + rules.world + "'";
        }
        throw Error(error.fault(), std::move(complaint));
    }
}

/// [samples] of led ones the sample that each goes along with; of others their own index.
std::vector<std::size_t> leaders_of(const Bundle& bundle) {
    std::vector<std::size_t> leaders(bundle.samples.size());
    for (std::size_t s = 0; s < leaders.size(); ++s) {
        const auto leads = [&](const Sample& other) {
            return !other.led && (bundle.reading || other.number == bundle.samples[s].number);
        };
        leaders[s] = bundle.samples[s].led
                         ? static_cast<std::size_t>(std::ranges::find_if(bundle.samples, leads) -
                                                    bundle.samples.begin())
                         : s;
    }
    return leaders;
}

/// Appends the token, whose factual one is `factual` where that is known, and settles whether the
/// sample is done.
void append(Sample& sample, Step& step, Token token, std::optional<Token> factual, int t, int limit,
            const Rules& rules) {
    step.tokens.push_back(token);
    const bool differs = factual && *factual != token;
    step.left = sample.led && differs;
    const bool leaves = sample.following && differs;
    if (leaves) {
        sample.following = false;
        step.diverged = rules.forced.contains(t) ? 0 : 1;
    }
    step.ended = rules.is_end(token);
    step.done = step.ended || t + 1 >= limit || (leaves && rules.stop_at_divergence);
}

/// The token of a sample, decided or read; nothing where it is read and impossible.
std::optional<Token> token_of(Bundle& bundle, Sample& sample, const Rules& rules, int t,
                              RowRace& race_here, Step& step) {
    if (bundle.reading && !sample.led) {
        return race_here.read(*bundle.reading, rules, t);
    }
    return race_here.token(sample, rules, t, step);
}

/// The token that a sample is compared with at t, where it has a factual string.
std::optional<Token> factual_of(const Sample& sample, int t) {
    return sample.factual ? std::optional(factual_token(sample, t)) : std::nullopt;
}

void keep_fingerprint(Bundle& bundle, std::span<const float> logits) {
    const auto first_row = fingerprint(logits);
    for (Sample& sample : bundle.samples) {
        sample.first_row = first_row;
    }
    if (bundle.reading) {
        bundle.reading->first_row = first_row;
    }
}

}  // namespace

Law world_law(std::span<const float> logits, const Rules& rules, WalkScratch& scratch) {
    if (rules.forbidden.empty()) {
        return law_of(logits, rules, scratch);
    }
    scratch.masked.assign(logits.begin(), logits.end());
    for (const Token token : rules.forbidden) {
        if (static_cast<std::size_t>(token) < scratch.masked.size()) {
            scratch.masked[static_cast<std::size_t>(token)] =
                -std::numeric_limits<float>::infinity();
        }
    }
    return law_of(scratch.masked, rules, scratch);
}

std::vector<Step> walk(Bundle& bundle, std::span<const Token> fed, const Rules& rules,
                       const std::function<std::span<const float>(int)>& row,
                       WalkScratch& scratch) {
    std::vector<Step> steps(bundle.samples.size());
    std::vector<bool> active(bundle.samples.size(), true);
    const auto leaders = leaders_of(bundle);
    const int first = bundle.pending() - 1;  // the row of the last known token
    for (int i = first; i < static_cast<int>(fed.size()); ++i) {
        const int t = static_cast<int>(bundle.written.size()) + i - first;
        const auto logits = row(i);
        if (t == 0) {
            keep_fingerprint(bundle, logits);
        }
        RowRace race_here(logits, scratch);
        bool any = false;
        for (std::size_t s = 0; s < bundle.samples.size(); ++s) {
            if (!active[s]) {
                continue;
            }
            Sample& sample = bundle.samples[s];
            const Rules& own = sample.rules != nullptr ? *sample.rules : rules;
            const auto token = token_of(bundle, sample, own, t, race_here, steps[s]);
            if (!token) {
                return steps;
            }
            const auto factual =
                sample.led ? std::optional(steps[leaders[s]].tokens.back()) : factual_of(sample, t);
            append(sample, steps[s], *token, factual, t, bundle.limit, own);
            const bool fed_next = i + 1 < static_cast<int>(fed.size()) &&
                                  fed[static_cast<std::size_t>(i) + 1] == *token;
            active[s] = !steps[s].done && !steps[s].left && fed_next;
            any = any || active[s];
        }
        if (!any) {
            break;
        }
    }
    return steps;
}

}  // namespace otherwise
