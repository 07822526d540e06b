#include "otherwise/noise/race.h"

#include <string>

#include "otherwise/base/error.h"
#include "otherwise/noise/contest.h"

namespace otherwise {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Finish greedy_finish(const Law& world) noexcept {
    return {.winner = world.best, .runner_up = world.second, .margin = world.gap};
}

void require_possible(const Hindsight* hindsight) {
    if (hindsight != nullptr && !possible(*hindsight)) {
        fail({.where = "race",
              .expected = "an observed token that the factual law allows",
              .came = "token " + std::to_string(hindsight->observed) + " with probability 0"});
    }
}

}  // namespace

Contest::Contest(const Law& world, const Clocks& clocks, const Hindsight* hindsight) noexcept
    : world_(world), posterior_(clocks, hindsight) {
    if (hindsight != nullptr) {
        enter(hindsight->observed, 0);  // its clock does not matter
        observed_ = hindsight->observed;
    }
}

void Contest::enter(Token token, std::uint32_t upper) noexcept {
    const double lq = world_.log_prob(token);
    if (lq > kNone && token != observed_) {
        const double clock = clock_of_bits(posterior_.clocks().bits(token, upper));
        place(token, posterior_.score(token, lq, clock));
    }
}

void Contest::place(Token token, double score) noexcept {
    const auto ahead_of = [&](double other, Token holder) {
        const bool earlier = token < holder && holder != observed_;
        return holder < 0 || score > other || (score == other && earlier);
    };
    if (ahead_of(best_, winner_)) {
        second_ = best_;
        runner_up_ = winner_;
        best_ = score;
        winner_ = token;
    } else if (ahead_of(second_, runner_up_)) {
        second_ = score;
        runner_up_ = token;
    }
}

Finish Contest::finish() const noexcept {
    return {.winner = winner_,
            .runner_up = runner_up_,
            .margin = runner_up_ < 0 ? kInfinity : best_ - second_};
}

Finish race(const Law& world, const Clocks& clocks, const Hindsight* hindsight) {
    require_possible(hindsight);
    if (world.greedy) {
        return greedy_finish(world);
    }
    Contest contest(world, clocks, hindsight);
    if (world.weights.size() == world.logits.size()) {
        scan(world, contest.clocks(), contest);
    } else {
        for (std::size_t k = 0; k < world.logits.size(); ++k) {
            const auto token = static_cast<Token>(k);
            contest.enter(token, static_cast<std::uint32_t>(contest.clocks().bits(token) >> 32));
        }
    }
    return contest.finish();
}

Finish race_reference(const Law& world, const Clocks& clocks, const Hindsight* hindsight) {
    require_possible(hindsight);
    if (world.greedy) {
        return greedy_finish(world);
    }
    const Posterior posterior(clocks, hindsight);
    Finish result;
    double best = -kInfinity;
    double second = -kInfinity;
    for (Token k = 0; static_cast<std::size_t>(k) < world.logits.size(); ++k) {
        const double lq = world.log_prob(k);
        if (lq == -kInfinity) {
            continue;
        }
        const double score = posterior.score(k, lq, posterior.clocks().clock(k));
        // Ids ascend, so an equal score passes only if it is the observed token's.
        const bool favored = hindsight != nullptr && k == hindsight->observed;
        const auto passes = [&](double other) {
            return score > other || (favored && score == other);
        };
        if (passes(best)) {
            second = best;
            result.runner_up = result.winner;
            best = score;
            result.winner = k;
        } else if (passes(second)) {
            second = score;
            result.runner_up = k;
        }
    }
    if (result.runner_up >= 0) {
        result.margin = best - second;
    }
    return result;
}

}  // namespace otherwise
