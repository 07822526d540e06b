// Laws of this machine, on every instruction set it has, against those of double precision in
// tests/data/noise.json: within 2e-7 whatever the width of its vectors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "hwy/targets.h"
#include "otherwise/mechanism/mechanism.h"
#include "tests/support/golden.h"

namespace otherwise {
namespace {

using nlohmann::json;
using test::exactly;

constexpr double kTolerance = 2e-7;

void check_law(const json& item) {
    const Mechanism mechanism{.temperature = item["temperature"].get<float>(),
                              .top_k = item["top_k"].get<int>(),
                              .top_p = item["top_p"].get<float>(),
                              .min_p = item["min_p"].get<float>()};
    const std::vector<float> raw = test::made_up_logits(item["n"], item["salt"]);
    LawScratch scratch;
    const Law law = make_law(mechanism, raw, scratch);
    EXPECT_NEAR(law.log_norm, exactly(item["log_norm"]), kTolerance);
    const auto possible = [](float logit) { return std::isfinite(logit); };
    EXPECT_EQ(std::ranges::count_if(law.logits, possible), item["kept"].get<std::ptrdiff_t>());
    ASSERT_FALSE(item["log_p"].empty());
    double total = 0.0;
    for (const float weight : law.weights) {
        total += double{weight};
    }
    for (const json& token : item["log_p"]) {
        const auto k = token[0].get<Token>();
        const double log_p = exactly(token[1]);
        EXPECT_NEAR(law.log_prob(k), log_p, kTolerance);
        const double p = double{law.weights[static_cast<std::size_t>(k)]} / total;
        EXPECT_NEAR(p, std::exp(log_p), kTolerance);
    }
}

TEST(Golden, LawsOnEveryInstructionSet) {
    const json laws = test::golden()["laws"];
    ASSERT_GE(laws.size(), 8U);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        for (const json& item : laws) {
            SCOPED_TRACE(hwy::TargetName(target) + std::string(", ") + item.dump().substr(0, 100));
            check_law(item);
        }
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

TEST(Golden, AnotherLawIsSeen) {  // control: the same logits at a temperature 1e-6 off
    const json item = test::golden()["laws"][1];
    LawScratch scratch;
    const std::vector<float> raw = test::made_up_logits(item["n"], item["salt"]);
    const Law law = make_law({.temperature = 1.000001F}, raw, scratch);
    EXPECT_GT(std::abs(law.log_norm - exactly(item["log_norm"])), kTolerance);
}

}  // namespace
}  // namespace otherwise
