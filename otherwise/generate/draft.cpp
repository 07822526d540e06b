#include "otherwise/generate/draft.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace otherwise {
namespace {

// Measured on two CPU cores: a decoded row costs about 1.1 + 3.2 / n rows of a long call.
constexpr double kFullBatchGain = 1.1;
constexpr double kAloneGain = 3.2;
constexpr int kEndless = 1 << 20;
constexpr double kLeastDraft = 3.0;

/// The factual token at written position t, if all samples follow and agree on it.
std::optional<Token> agreed(const Bundle& bundle, int t) {
    std::optional<Token> token;
    for (const auto& sample : bundle.samples) {
        if (!sample.following || !sample.factual) {
            return std::nullopt;
        }
        const auto& tokens = sample.factual->written->tokens;
        if (static_cast<std::size_t>(t) >= tokens.size()) {
            return std::nullopt;
        }
        const Token here = tokens[static_cast<std::size_t>(t)];
        if (token && *token != here) {
            return std::nullopt;
        }
        token = here;
    }
    return token;
}

}  // namespace

DraftPolicy::DraftPolicy(int parallel)
    : gain_(kFullBatchGain + kAloneGain / std::max(1, parallel)) {}

void DraftPolicy::observe(int positions, int diverged) {
    positions_ += positions;
    diverged_ += diverged;
}

int DraftPolicy::length(int samples) const {
    const double stay = 1.0 - diverged_ / positions_;
    if (stay <= 0.0) {
        return 0;
    }
    const double length = std::log(static_cast<double>(samples) * gain_) / -std::log(stay);
    // A token or two only puts the streams out of step, which costs more than it saves.
    return length < kLeastDraft ? 0 : static_cast<int>(std::min<double>(length, kEndless));
}

Tokens draft(const Bundle& bundle, const Rules& rules, int guesses, int room) {
    Tokens tokens;
    bool following = true;
    const int start = static_cast<int>(bundle.written.size());
    for (int t = start; t < bundle.limit - 1 && static_cast<int>(tokens.size()) < room; ++t) {
        const auto factual = following ? agreed(bundle, t) : std::nullopt;
        const auto forced = rules.forced.find(t);
        if (forced == rules.forced.end() && (!factual || guesses-- <= 0)) {
            break;
        }
        const Token token = forced != rules.forced.end() ? forced->second : *factual;
        following = factual && *factual == token;
        if (rules.is_end(token)) {
            break;
        }
        tokens.push_back(token);
    }
    return tokens;
}

}  // namespace otherwise
