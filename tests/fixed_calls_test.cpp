// needs: llama
//
// Attention without its flash kernel is not batch invariant on a processor, and nothing is on a
// GPU. Where all calls have one shape it is: the null world is the factual one, whatever the
// memory, the streams and the threads. The control takes the remedy away.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "otherwise/model/context.h"
#include "otherwise/model/probe.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr FixedCalls kFixed{.streams = 16, .rows = 1};
constexpr int kTokens = 10;

class FixedShape : public testing::Test {
protected:
    FixedShape() { factual_.flash_attention = "off"; }

    [[nodiscard]] static std::vector<InputString> strings() {
        const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
        auto strings = test::short_prompts(4);
        strings.push_back(test::long_prompt(*model, 1, 90));
        return strings;
    }

    [[nodiscard]] test::Outcome run(int parallel, int threads) const {
        auto options = test::session_options(kTokens, 1);
        options.parallel = parallel;
        options.open.threads = threads;
        return test::run(factual_, {}, strings(), options);
    }

    WorldPlan factual_ = test::plan_of(test::derived_model("Q4_0"));
};

TEST_F(FixedShape, IsTheRemedyWithoutFlashAttention) {
    const auto outcome = run(0, 2);
    EXPECT_EQ(outcome.fixed, kFixed);
    for (const auto& [world, probe] : outcome.probes) {
        EXPECT_TRUE(probe.invariant) << world << ": " << probe.shape;
    }
    EXPECT_EQ(outcome.divergences(0), 0);
    EXPECT_FALSE(outcome.report.effects[0].logits_differ);
    EXPECT_EQ(run(2, 1).lines, outcome.lines);
}

/// More windows than one, and more streams than a piece has rows.
TEST_F(FixedShape, ManyStreams) {
    const auto model = Model::load(test::derived_model("Q4_0"), {});
    constexpr int kMany = 40;
    Context context(model, {.n_streams = kMany,
                            .stream_length = 256,
                            .max_rows = 2 * kMany,
                            .threads = test::threads(),
                            .flash_attention = "off",
                            .loras = {},
                            .sites = {},
                            .fixed = kFixed});
    std::vector<std::vector<float>> first(2);
    for (int streams = kMany; streams > 0; streams -= kMany - 1) {  // all, then the first alone
        Call call{.n_streams = streams, .n_rows = 2};
        call.positions.assign(static_cast<std::size_t>(streams), 0);
        for (int s = 0; s < streams; ++s) {
            call.tokens.insert(call.tokens.end(), {100, 200});
            context.trim(s, 0);
        }
        call.wanted.assign(call.tokens.size(), 1);
        call.written.assign(call.tokens.size(), 0);
        context.decode(call);
        for (int row = 0; row < call.size(); ++row) {
            const auto logits = context.logits(row);
            auto& expected = first[static_cast<std::size_t>(row % 2)];
            if (expected.empty()) {
                expected.assign(logits.begin(), logits.end());
            }
            EXPECT_TRUE(std::ranges::equal(logits, expected)) << row;
        }
    }
}

TEST_F(FixedShape, WithoutItAProbeFails) {  // control
    const auto model = Model::load(test::derived_model("Q4_0"), {});
    const auto probe = [&](const FixedCalls& fixed) {
        Context context(model, {.n_streams = probe_streams(2, fixed),
                                .stream_length = 512,
                                .max_rows = 128,
                                .flash_attention = "off",
                                .loras = {},
                                .sites = {},
                                .fixed = fixed});
        return probe_invariance(context);
    };
    EXPECT_FALSE(probe({}).invariant);
    EXPECT_TRUE(probe(kFixed).invariant);
}

}  // namespace
}  // namespace otherwise
