#include "otherwise/fit/tail/loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace otherwise {
namespace {

const std::vector<float> kHalves{std::log(2.0F), 0.0F, 0.0F};  // p = 1/2, 1/4, 1/4

TEST(TailLoss, JointOverTokensMeanOverPrompts) {
    const PackedFact fact{.targets = {{.row = 0, .token = 0, .prompt = 0},
                                      {.row = 1, .token = 1, .prompt = 0},
                                      {.row = 2, .token = 0, .prompt = 3}},
                          .kept = {}};
    std::vector<float> logits;
    for (int row = 0; row < 3; ++row) {
        logits.insert(logits.end(), kHalves.begin(), kHalves.end());
    }
    const auto loss = target_loss(fact, logits, kHalves.size());
    EXPECT_NEAR(loss.nll, (std::log(2.0) + std::log(4.0) + std::log(2.0)) / 3.0, 1e-6);
    EXPECT_NEAR(loss.probability, (1.0 / 8.0 + 1.0 / 2.0) / 2.0, 1e-6);
}

TEST(TailLoss, LawsAndTheirDivergence) {
    auto law = kHalves;
    const auto logs = take_laws(law, law.size());
    EXPECT_NEAR(law[0], 0.5, 1e-6);
    EXPECT_NEAR(logs[2], std::log(0.25), 1e-6);
    EXPECT_NEAR(kept_loss(logs, kHalves, kHalves.size()), 0.0, 1e-12);
    const std::vector<float> even{0.0F, 0.0F, 0.0F};
    const double expected = 0.5 * std::log(0.5 * 3.0) + 0.5 * std::log(0.25 * 3.0);
    EXPECT_NEAR(kept_loss(logs, even, even.size()), expected, 1e-6);
}

}  // namespace
}  // namespace otherwise
