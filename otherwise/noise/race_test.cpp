// The race against its plain definition: winner, runner-up and margin, bit for bit. Covers also:
// scan.cpp (its bound, its rest of a vector and its upper halves, on every instruction set).
#include "otherwise/noise/race.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "hwy/targets.h"
#include "otherwise/base/error.h"
#include "otherwise/noise/contest.h"
#include "otherwise/noise/test_help.h"

namespace otherwise {
namespace {

using test::kMasked;
using test::Row;

using Random = std::mt19937_64;
using Shape = std::function<std::vector<float>(std::size_t n, Random& random)>;

std::vector<float> normal(std::size_t n, double deviation, Random& random) {
    std::normal_distribution<double> draw(0.0, deviation);
    std::vector<float> logits(n);
    for (float& logit : logits) {
        logit = static_cast<float>(draw(random));
    }
    return logits;
}

std::size_t any(std::size_t n, Random& random) { return static_cast<std::size_t>(random() % n); }

/// All but (at most) `kept` random tokens masked.
std::vector<float> few_left(std::vector<float> logits, std::size_t kept, Random& random) {
    std::vector<float> left(logits.size(), kMasked);
    for (std::size_t i = 0; i < kept; ++i) {
        const std::size_t k = any(logits.size(), random);
        left[k] = logits[k];
    }
    return left;
}

const std::vector<std::pair<std::string, Shape>>& shapes() {
    static const std::vector<std::pair<std::string, Shape>> all = {
        {"flat", [](std::size_t n, Random&) { return std::vector<float>(n, -3.5F); }},
        {"normal", [](std::size_t n, Random& r) { return normal(n, 3.0, r); }},
        {"peaked",
         [](std::size_t n, Random& r) {
             auto logits = normal(n, 1.0, r);
             logits[any(n, r)] = 30.0F;
             return logits;
         }},
        {"gaps of 80",
         [](std::size_t n, Random& r) {
             auto logits = normal(n, 1.0, r);
             for (float& logit : logits) {
                 logit += 80.0F * static_cast<float>(static_cast<int>(r() % 3) - 1);
             }
             return logits;
         }},
        {"gaps of 10,000",
         [](std::size_t n, Random& r) {
             auto logits = normal(n, 1.0, r);
             for (float& logit : logits) {
                 logit += r() % 8 == 0 ? 1e4F : -1e4F;
             }
             return logits;
         }},
        {"one ahead by 10,000",
         [](std::size_t n, Random& r) {
             auto logits = normal(n, 1.0, r);
             logits[any(n, r)] += 1e4F;
             return logits;
         }},
        {"half masked",
         [](std::size_t n, Random& r) {
             auto logits = normal(n, 3.0, r);
             for (std::size_t k = 1; k < n; ++k) {
                 logits[k] = r() % 2 == 0 ? kMasked : logits[k];
             }
             return logits;
         }},
        {"two left", [](std::size_t n, Random& r) { return few_left(normal(n, 3.0, r), 2, r); }},
        {"forty left", [](std::size_t n, Random& r) { return few_left(normal(n, 3.0, r), 40, r); }},
        {"masked blocks",
         [](std::size_t n, Random& r) {
             auto logits = normal(n, 3.0, r);
             for (std::size_t k = 0; k < n; ++k) {
                 logits[k] = k % 160 < 96 && k > 0 ? kMasked : logits[k];
             }
             return logits;
         }},
        {"ascending",
         [](std::size_t n, Random& r) {
             auto logits = normal(n, 4.0, r);
             std::sort(logits.begin(), logits.end());
             return logits;
         }},
        {"steep",
         [](std::size_t n, Random&) {
             std::vector<float> logits(n);
             for (std::size_t k = 0; k < n; ++k) {
                 logits[k] = -0.05F * static_cast<float>(k);
             }
             return logits;
         }},
    };
    return all;
}

/// A token that the law allows.
Token allowed(const Law& law, Random& random) {
    for (;;) {
        const auto k = static_cast<Token>(any(law.logits.size(), random));
        if (law.log_prob(k) > static_cast<double>(kMasked)) {
            return k;
        }
    }
}

/// Factual laws for hindsight in a world: the same, related, disjoint, of another vocabulary.
Row factual_for(const std::vector<float>& world, unsigned kind, Random& random) {
    std::vector<float> logits = world;
    if (kind == 1) {
        for (float& logit : logits) {
            logit += static_cast<float>(random() % 7) * 0.3F;
        }
    } else if (kind == 2 && world.size() > 1) {
        for (std::size_t k = 0; k < logits.size(); ++k) {
            logits[k] = world[k] > kMasked && k > 0 ? kMasked : 0.0F;
        }
    } else if (kind == 3) {
        logits = normal(1 + world.size() / 2, 2.0, random);
    } else if (kind == 4) {
        logits = normal(world.size() + 40, 2.0, random);
    }
    return Row(std::move(logits));
}

struct Counts {
    std::size_t races = 0;
    std::size_t stays = 0;
};

void compare(const Row& world, const Clocks& clocks, const Hindsight* hindsight, Counts& counts) {
    const Finish fast = race(world.law(), clocks, hindsight);
    const Finish slow = race_reference(world.law(), clocks, hindsight);
    ASSERT_EQ(fast.winner, slow.winner);
    ASSERT_EQ(fast.runner_up, slow.runner_up);
    ASSERT_EQ(fast.margin, slow.margin);
    counts.races += 1;
    counts.stays += hindsight != nullptr && fast.winner == hindsight->observed ? 1 : 0;
}

void sweep(std::size_t n, unsigned rounds, std::uint64_t seed, Counts& counts) {
    Random random(seed + n);
    for (const auto& [name, shape] : shapes()) {
        SCOPED_TRACE(name + ", " + std::to_string(n) + " tokens");
        for (unsigned round = 0; round < rounds; ++round) {
            const std::vector<float> logits = shape(n, random);
            const Row world(logits);
            const Clocks clocks(Place{.seed = random()});
            ASSERT_NO_FATAL_FAILURE(compare(world, clocks, nullptr, counts));
            const Row factual = factual_for(logits, round % 5, random);
            Hindsight hindsight{.factual = factual.law()};
            hindsight.observed = allowed(hindsight.factual, random);
            ASSERT_NO_FATAL_FAILURE(compare(world, clocks, &hindsight, counts));
        }
    }
}

TEST(Race, EqualsItsDefinitionBitForBit) {
    Counts counts;
    for (const std::size_t n : {1U, 2U, 3U, 5U, 31U, 32U, 33U, 63U, 1000U}) {
        ASSERT_NO_FATAL_FAILURE(sweep(n, 60, 1, counts));
    }
    for (const std::size_t n : {49152U, 50257U}) {
        ASSERT_NO_FATAL_FAILURE(sweep(n, 5, 1, counts));
    }
    EXPECT_GT(counts.races, 13000U);
    EXPECT_GT(counts.stays, 1000U);
    EXPECT_LT(counts.stays, counts.races / 2);
}

TEST(Race, EqualsItsDefinitionOnEveryInstructionSet) {
    const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
    EXPECT_GE(targets.size(), 1U);
    for (const std::int64_t target : targets) {
        SCOPED_TRACE(hwy::TargetName(target));
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        Counts counts;
        for (const std::size_t n : {1U, 3U, 33U, 1000U}) {
            ASSERT_NO_FATAL_FAILURE(sweep(n, 10, 2, counts));
        }
        const Clocks clocks(Place{.seed = 8});
        std::vector<std::uint32_t> halves(77);
        upper_halves(clocks, halves);
        for (std::size_t k = 0; k < halves.size(); ++k) {
            ASSERT_EQ(halves[k], clocks.bits(static_cast<Token>(k)) >> 32);
        }
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

TEST(Race, ToleratesRoundedWeights) {
    Random random(4);
    Counts counts;
    for (int i = 0; i < 300; ++i) {
        Row world(normal(1000, 3.0, random));
        for (float& weight : world.weights()) {
            weight *= 1.0F + (random() % 2 == 0 ? 1e-5F : -1e-5F);
        }
        ASSERT_NO_FATAL_FAILURE(compare(world, Clocks(Place{.seed = random()}), nullptr, counts));
    }
}

TEST(Race, ComparisonSeesABrokenBound) {  // control: weights a tenth of what they should be
    Random random(5);
    int differences = 0;
    for (int i = 0; i < 300; ++i) {
        Row world(normal(1000, 3.0, random));
        const Clocks clocks(Place{.seed = random()});
        const Finish slow = race_reference(world.law(), clocks);
        for (float& weight : world.weights()) {
            weight *= 0.1F;
        }
        differences += race(world.law(), clocks) == slow ? 0 : 1;
    }
    EXPECT_GT(differences, 30);
}

TEST(Race, TheOrderOfEntryDoesNotMatter) {
    const Row row(std::vector<float>(4, 0.0F));
    const Law world = row.law();
    const Clocks clocks(Place{.seed = 6});
    for (std::vector<Token> order = {0, 1, 2, 3};;) {
        Contest contest(world, clocks, nullptr);
        for (const Token k : order) {
            contest.enter(k, static_cast<std::uint32_t>(clocks.bits(k) >> 32));
        }
        EXPECT_EQ(contest.finish(), race_reference(world, clocks));
        if (!std::next_permutation(order.begin(), order.end())) {
            break;
        }
    }
}

TEST(Race, WithoutWeightsIsTheSame) {
    Random random(7);
    for (int i = 0; i < 50; ++i) {
        const Row world(normal(500, 3.0, random));
        Law bare = world.law();
        bare.weights = {};
        const Clocks clocks(Place{.seed = random()});
        EXPECT_EQ(race(bare, clocks), race(world.law(), clocks));
    }
}

TEST(Race, GreedyWorldIgnoresTheNoise) {
    Law law;
    law.greedy = true;
    law.best = 3;
    law.second = 5;
    law.gap = 0.25;
    const Finish expected{.winner = 3, .runner_up = 5, .margin = 0.25};
    for (std::uint32_t t = 0; t < 20; ++t) {
        EXPECT_EQ(race(law, Clocks(Place{.position = t})), expected);
    }
}

TEST(Race, OneTokenHasNoRunnerUp) {
    const Row world({kMasked, 2.0F, kMasked});
    const Finish expected{.winner = 1};
    EXPECT_EQ(race(world.law(), Clocks(Place{})), expected);
}

TEST(Race, ImpossibleHindsightIsAnError) {
    const Row world({0.0F, 1.0F, 2.0F});
    const Row factual({0.0F, kMasked, 2.0F});
    for (const Token observed : {1, 3, -1}) {
        const Hindsight hindsight{.factual = factual.law(), .observed = observed};
        EXPECT_FALSE(possible(hindsight));
        try {
            (void)race(world.law(), Clocks(Place{}), &hindsight);
            FAIL() << "no error";
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::failed);
        }
    }
    EXPECT_TRUE(possible({.factual = factual.law(), .observed = 2}));
}

}  // namespace
}  // namespace otherwise
