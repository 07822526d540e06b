#include "otherwise/generate/walk.h"

#include <algorithm>
#include <optional>

#include "otherwise/base/error.h"
#include "otherwise/noise/race.h"

namespace otherwise {
namespace {

/// The factual token at written position t, or −1.
Token factual_token(const Sample& sample, int t) {
    if (!sample.factual) {
        return -1;
    }
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

/// One row for all samples: makes its law once, when the first sample needs it.
class RowRace {
public:
    RowRace(std::span<const float> logits, const Rules& rules, WalkScratch& scratch)
        : logits_(logits), rules_(rules), scratch_(scratch) {}

    /// The token of `sample` at written position t.
    Token token(Sample& sample, int t, Step& step) {
        const auto forced = rules_.forced.find(t);
        if (forced != rules_.forced.end()) {
            return forced->second;
        }
        if (!law_) {
            law_ = world_law(logits_, rules_, scratch_);
        }
        const auto hindsight = hindsight_at(sample, t);
        const Finish finish =
            race(*law_, Clocks(sample.place(t)), hindsight ? &*hindsight : nullptr);
        if (sample.following) {
            sample.margin = std::min(sample.margin, finish.margin);
            ++step.raced;
        }
        return finish.winner;
    }

private:
    std::span<const float> logits_;
    const Rules& rules_;
    WalkScratch& scratch_;
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

/// Appends the token and settles whether the sample is done.
void append(Sample& sample, Step& step, Token token, int t, int limit, const Rules& rules) {
    step.tokens.push_back(token);
    const bool leaves = sample.following && sample.factual && token != factual_token(sample, t);
    if (leaves) {
        sample.following = false;
        step.diverged = rules.forced.contains(t) ? 0 : 1;
    }
    step.ended = rules.is_end(token);
    step.done = step.ended || t + 1 >= limit || (leaves && rules.stop_at_divergence);
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
    const int first = bundle.pending() - 1;  // the row of the last known token
    for (int i = first; i < static_cast<int>(fed.size()); ++i) {
        const int t = static_cast<int>(bundle.written.size()) + i - first;
        const auto logits = row(i);
        RowRace race_here(logits, rules, scratch);
        bool any = false;
        for (std::size_t s = 0; s < bundle.samples.size(); ++s) {
            if (!active[s]) {
                continue;
            }
            Sample& sample = bundle.samples[s];
            if (t == 0) {
                sample.first_row = s == 0 ? fingerprint(logits) : bundle.samples[0].first_row;
            }
            const Token token = race_here.token(sample, t, steps[s]);
            append(sample, steps[s], token, t, bundle.limit, rules);
            const bool fed_next = i + 1 < static_cast<int>(fed.size()) &&
                                  fed[static_cast<std::size_t>(i) + 1] == token;
            active[s] = !steps[s].done && fed_next;
            any = any || active[s];
        }
        if (!any) {
            break;
        }
    }
    return steps;
}

}  // namespace otherwise
