// The noise, hindsight and races on this machine, to the last bit: those of tests/data/noise.json.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "hwy/targets.h"
#include "otherwise/noise/race.h"
#include "otherwise/noise/test_help.h"
#include "tests/support/golden.h"

namespace otherwise {
namespace {

using nlohmann::json;
using test::exactly;

Place place_of(const json& place) {
    return {.seed = place["seed"].get<std::uint64_t>(),
            .string = place["string"].get<std::uint64_t>(),
            .sample = place["sample"].get<std::uint32_t>(),
            .position = place["position"].get<std::uint32_t>()};
}

TEST(Golden, Clocks) {
    const json cases = test::golden()["clocks"];
    ASSERT_EQ(cases.size(), 3U);
    for (const json& item : cases) {
        const Clocks clocks(place_of(item["place"]));
        EXPECT_EQ(clocks.winning_time(), exactly(item["winning_time"]));
        for (const json& clock : item["clocks"]) {
            const auto token = clock[0].get<Token>();
            EXPECT_EQ(clocks.bits(token), clock[1].get<std::uint64_t>());
            EXPECT_EQ(clocks.clock(token), exactly(clock[2])) << token;
        }
        test::Digest digest;
        for (Token k = 0; k < item["tokens"].get<Token>(); ++k) {
            digest.add(clocks.clock(k));
        }
        EXPECT_EQ(digest.value(), item["digest"].get<std::uint64_t>());
    }
}

TEST(Golden, HindsightClocks) {
    const json item = test::golden()["hindsight"];
    std::vector<float> logits;
    for (const json& logit : item["logits"]) {
        logits.push_back(logit.is_null() ? test::kMasked : logit.get<float>());
    }
    Hindsight hindsight;
    hindsight.factual.logits = logits;
    hindsight.factual.log_norm = exactly(item["log_norm"]);
    hindsight.observed = item["observed"].get<Token>();
    const Clocks clocks(place_of(item["place"]));
    const Posterior posterior(clocks, &hindsight);
    ASSERT_GT(item["log_clocks"].size(), logits.size());
    for (std::size_t k = 0; k < item["log_clocks"].size(); ++k) {
        EXPECT_EQ(posterior.log_clock(static_cast<Token>(k)), exactly(item["log_clocks"][k])) << k;
    }
}

/// A law of given logits and log_norm, with weights to float rounding.
class GoldenLaw {
public:
    GoldenLaw(std::vector<float> logits, double log_norm) : row_(std::move(logits)) {
        law_ = row_.law();
        law_.log_norm = log_norm;
    }
    [[nodiscard]] const Law& law() const { return law_; }

    /// As another vector width may make it: probabilities off by `error` of themselves.
    void disturb(double error) {
        law_.log_norm += error;
        for (float& weight : row_.weights()) {
            weight *= 1.0F - static_cast<float>(error);
        }
    }

private:
    test::Row row_;
    Law law_;
};

struct Race {
    explicit Race(const json& item)
        : factual(test::made_up_logits(item["n"], item["salt"]), exactly(item["factual_log_norm"])),
          world(changed(item), exactly(item["log_norm"])),
          clocks(place_of(item["place"])) {
        if (!item["observed"].is_null()) {
            observed = item["observed"].get<Token>();
        }
    }

    static std::vector<float> changed(const json& item) {
        std::vector<float> logits = test::made_up_logits(item["n"], item["salt"]);
        for (std::size_t k = 0; k < logits.size(); ++k) {
            logits[k] += test::spread(k, item["change"]) * 0x1p-14F;
        }
        return logits;
    }

    [[nodiscard]] Finish run() const {
        const Hindsight hindsight{.factual = factual.law(), .observed = observed.value_or(-1)};
        return race(world.law(), clocks, observed ? &hindsight : nullptr);
    }

    GoldenLaw factual;
    GoldenLaw world;
    Clocks clocks;
    std::optional<Token> observed;
};

/// `check(race, golden)` for all races, on every instruction set of this processor.
void for_each_race(const std::function<void(Race&, const json&)>& check) {
    const json races = test::golden()["races"];
    ASSERT_GE(races.size(), 20U);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        SCOPED_TRACE(hwy::TargetName(target));
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        for (const json& item : races) {
            Race race(item);
            check(race, item);
        }
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

TEST(Golden, Races) {
    for_each_race([](const Race& race, const json& item) {
        const Finish expected{.winner = item["winner"].get<Token>(),
                              .runner_up = item["runner_up"].get<Token>(),
                              .margin = exactly(item["margin"])};
        EXPECT_EQ(race.run(), expected) << expected.winner << " by " << expected.margin;
    });
}

// Their margins are above 1e-3, and laws differ by 2e-7 between vector widths.
TEST(Golden, RacesOfDisturbedLawsHaveTheSameWinners) {
    for (const double error : {-2e-7, 2e-7}) {
        for_each_race([&](Race& race, const json& item) {
            ASSERT_GT(exactly(item["margin"]), 1e-3);
            race.factual.disturb(error);
            race.world.disturb(-error);
            const Finish finish = race.run();
            EXPECT_EQ(finish.winner, item["winner"].get<Token>());
            EXPECT_EQ(finish.runner_up, item["runner_up"].get<Token>());
            EXPECT_NEAR(finish.margin, exactly(item["margin"]), 1e-6);
        });
    }
}

}  // namespace
}  // namespace otherwise
