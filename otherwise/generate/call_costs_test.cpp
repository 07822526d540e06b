#include "otherwise/generate/call_costs.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "tests/support/timed_evaluator.h"

namespace otherwise {
namespace {

using test::TimedEvaluator;

Shape shape_for_costs() {
    return {.n_vocab = 100, .n_streams = kCostStreams, .stream_length = 256, .max_rows = 512};
}

/// T(R) = 5 + R.
double line(int rows) { return 5e-4 * (5.0 + rows); }
/// Blocks of 32 rows, each the same whether full or not.
double blocks(int rows) { return 5e-4 * 32.0 * ((rows + 31) / 32); }

CallCosts costs_of(const std::function<double(int)>& seconds) {
    TimedEvaluator evaluator(seconds, shape_for_costs());
    CallCosts costs;
    (void)measure_costs(evaluator, 1 << 20, 0.0, costs);
    EXPECT_TRUE(complete(costs, evaluator.shape()));
    EXPECT_TRUE(evaluator.empty());
    return costs;
}

TEST(CallCostsTest, InterpolatesWhatWasMeasured) {
    const CallCosts costs = costs_of(line);
    for (const int rows : {8, 20, 32, 40, 48, 63, 64, 100, 200, 256, 300, 512}) {
        EXPECT_NEAR(costs.of(rows), line(rows) / line(32), 1e-9) << rows;
    }
    EXPECT_EQ(costs.of(1), costs.of(8));  // the weights are read for one as for eight
    EXPECT_EQ(costs.of(0), 0.0);
    EXPECT_EQ(costs.longest(), 512);
}

TEST(CallCostsTest, KnowsBlocksByWhatHalfOneCosts) {
    const CallCosts costs = costs_of(blocks);
    for (const int rows : {32, 48, 50, 64, 80, 96, 112, 128, 240, 256}) {
        EXPECT_NEAR(costs.of(rows), blocks(rows) / blocks(32), 1e-9) << rows;
    }
    const CallCosts between({{32, 1.0}, {48, 1.75}, {64, 2.0}, {128, 4.0}});
    EXPECT_NEAR(between.of(112), 3.75, 1e-12);
    EXPECT_NEAR(between.of(72), 2.0 + 0.75 * 0.75, 1e-12);
}

TEST(CallCostsTest, TakesTheFewestStreamsNearTheBest) {
    const CallCosts smooth = costs_of(line);
    EXPECT_EQ(choose_streams(smooth, 200, 64), 50);    // turns of equal size
    EXPECT_EQ(choose_streams(smooth, 200, 248), 200);  // one turn
    EXPECT_EQ(choose_streams(smooth, 3, 248), 3);
    const CallCosts stairs = costs_of(blocks);
    EXPECT_EQ(choose_streams(stairs, 192, 248), 32);  // as fast as any more
    EXPECT_EQ(choose_streams(stairs, 1 << 20, 248), 32);
    const int streams = choose_streams(stairs, 200, 64);  // 50 would waste a third of a block
    EXPECT_NEAR(200 / streams * blocks(streams) + blocks(200 % streams), 7 * blocks(32), 1e-9);
    EXPECT_EQ(choose_streams({}, 200, 64), 0);
    EXPECT_EQ(choose_streams(CallCosts({{32, 1.0}}), 200, 64), 0);
    // No turn of a few strings, unless calls of few rows are known to be cheap.
    const CallCosts few({{32, 1.0}, {128, 3.3}, {256, 6.5}});
    EXPECT_EQ(choose_streams(few, 200, 248), 200);
}

TEST(CallCostsTest, TakesWholeTurnsWhereBlocksCostLittle) {
    // SmolLM2 as Q4_0 with AVX2: turns of 67 took 3.5 % more than those of 100.
    const CallCosts measured({{8, 0.327},
                              {16, 0.537},
                              {32, 1.0},
                              {48, 1.461},
                              {64, 1.914},
                              {128, 3.782},
                              {256, 7.577},
                              {512, 15.06}});
    EXPECT_EQ(choose_streams(measured, 200, 248), 100);
}

TEST(CallCostsTest, KnowsWhatWasDisturbed) {
    EXPECT_TRUE(costs_of(line).plausible());
    EXPECT_TRUE(costs_of(blocks).plausible());
    EXPECT_TRUE(CallCosts().plausible());
    EXPECT_TRUE(CallCosts({{8, 0.52}, {16, 0.5}, {32, 1.0}}).plausible());
    EXPECT_FALSE(CallCosts({{16, 0.18}, {32, 1.0}, {48, 0.48}, {64, 0.66}}).plausible());
    EXPECT_FALSE(CallCosts({{32, 1.0}, {64, 3.0}, {128, 2.0}, {256, 8.0}}).plausible());
}

TEST(CallCostsTest, TakesTheLongestCallsNearTheBest) {
    EXPECT_EQ(choose_rows(costs_of(line), 512), 512);
    EXPECT_EQ(choose_rows(costs_of(line), 128), 128);
    const CallCosts cache({{32, 1.0}, {64, 1.9}, {128, 3.6}, {256, 7.0}, {512, 16.0}});
    EXPECT_EQ(choose_rows(cache, 512), 256);
    EXPECT_EQ(choose_rows(cache, 400), 400);  // of 128 and 256 the longer, and no more is known
    const CallCosts part({{32, 1.0}, {64, 1.9}, {128, 3.6}});
    EXPECT_EQ(choose_rows(part, 512), 512);  // not all are known
    EXPECT_EQ(choose_rows({}, 512), 512);
}

TEST(CallCostsTest, StaysWithinItsShareOfTheRun) {
    TimedEvaluator evaluator(line, shape_for_costs());
    CallCosts costs;
    constexpr long kRows = 10000;  // 5.8 s
    const double run = kRows * line(32) / 32;
    const auto first = measure_costs(evaluator, kRows, 0.02, costs);
    EXPECT_FALSE(complete(costs, evaluator.shape()));
    EXPECT_LE(first.seconds, 0.04 * run);
    EXPECT_NEAR(first.seconds, evaluator.seconds() + 0.02, 1e-12);
    EXPECT_TRUE(costs.has(128));
    EXPECT_FALSE(costs.has(256));
    // Later runs add what is missing, until nothing is.
    int runs = 1;
    for (; !complete(costs, evaluator.shape()); ++runs) {
        (void)measure_costs(evaluator, 4 * kRows, 0.05, costs);
        ASSERT_LT(runs, 10);
    }
    EXPECT_GT(runs, 1);
    EXPECT_TRUE(costs.has(512));
    const auto calls = evaluator.calls.size();
    (void)measure_costs(evaluator, kRows, 0.0, costs);
    EXPECT_EQ(evaluator.calls.size(), calls + 2);  // the reference alone
}

TEST(CallCostsTest, NeverTakesMoreThanTwoSeconds) {
    TimedEvaluator evaluator([](int rows) { return 20 * line(rows); }, shape_for_costs());
    CallCosts costs;
    EXPECT_LE(measure_costs(evaluator, 1L << 40, 0.0, costs).seconds, 2.0);
    EXPECT_FALSE(costs.has(256));
    EXPECT_TRUE(costs.has(16));  // shorter calls fit
}

TEST(CallCostsTest, KeepsToWhatTheEvaluatorTakes) {
    Shape shape = shape_for_costs();
    shape.min_rows = 16;
    shape.max_rows = 300;
    TimedEvaluator evaluator(line, shape);
    CallCosts costs;
    (void)measure_costs(evaluator, 1 << 20, 0.0, costs);
    EXPECT_TRUE(complete(costs, shape));
    EXPECT_FALSE(costs.has(8));
    EXPECT_FALSE(costs.has(512));
    EXPECT_EQ(costs.longest(), 256);
    shape.n_streams = 8;
    TimedEvaluator narrow(line, shape);
    CallCosts none;
    EXPECT_EQ(measure_costs(narrow, 1 << 20, 0.0, none).reference, 0.0);
    EXPECT_TRUE(none.points().empty());
}

TEST(CallCostsTest, LeavesOutWhatIsNoTime) {
    const CallCosts costs({{0, 1.0},
                           {32, -1.0},
                           {64, std::numeric_limits<double>::quiet_NaN()},
                           {128, std::numeric_limits<double>::infinity()},
                           {256, 2.0}});
    EXPECT_EQ(costs.points().size(), 1U);
}

}  // namespace
}  // namespace otherwise
