#include "otherwise/generate/rates.h"

#include <gtest/gtest.h>

#include "tests/support/timed_evaluator.h"

namespace otherwise {
namespace {

using test::TimedEvaluator;

Shape shape() { return {.n_vocab = 100, .n_streams = 192, .stream_length = 256, .max_rows = 512}; }

double line(int rows) { return 1e-3 * (5.0 + rows); }

TEST(RatesTest, MeasuresTheFixedShapesAndTheBest) {
    TimedEvaluator evaluator(line, shape());
    const Rates rates = measure_rates(evaluator, kRateShapes);
    EXPECT_TRUE(evaluator.empty());
    EXPECT_EQ(rates.shapes.size(), kRateShapes.size() - 2);  // no tiled kernel
    for (const auto& [one, rate] : rates.shapes) {
        const int total = one.streams * one.rows;
        EXPECT_NEAR(rate, total / line(total), 1e-6) << one.streams << " x " << one.rows;
    }
    EXPECT_NEAR(rates.prompt, 512 / line(512), 1e-6);
    EXPECT_NEAR(rates.forced, 512 / line(512), 1e-6);
    EXPECT_NEAR(rates.decode, 192 / line(192), 1e-6);
}

TEST(RatesTest, LeavesOutWhatTheEvaluatorCannotTake) {
    Shape narrow = shape();
    narrow.n_streams = 40;
    narrow.max_rows = 256;
    narrow.min_rows = 8;
    narrow.tile_rows = kTileRows;
    TimedEvaluator evaluator(line, narrow);
    const Rates rates = measure_rates(evaluator, kRateShapes);
    std::vector<RateShape> taken;
    for (const auto& one : rates.shapes) {
        taken.push_back(one.shape);
    }
    const std::vector<RateShape> expected{{CallKind::prompt, 32, 8},  {CallKind::prompt, 16, 16},
                                          {CallKind::prompt, 1, 256}, {CallKind::forced, 32, 8},
                                          {CallKind::forced, 16, 16}, {CallKind::decode, 32, 1}};
    EXPECT_EQ(taken, expected);
    EXPECT_EQ(measure_rates(evaluator, std::span(kRateShapes).last(1)).decode, 0.0);
}

TEST(RatesTest, AMeanIsOfEachShape) {
    Rates slow;
    slow.add({.shape = {CallKind::decode, 32, 1}, .rate = 100.0});
    slow.add({.shape = {CallKind::decode, 64, 1}, .rate = 200.0});
    Rates fast;
    fast.add({.shape = {CallKind::decode, 32, 1}, .rate = 260.0});
    fast.add({.shape = {CallKind::decode, 64, 1}, .rate = 140.0});
    const Rates both = mean(slow, fast);
    EXPECT_EQ(both.shapes[0].rate, 180.0);
    EXPECT_EQ(both.decode, 180.0);  // not the mean of the best, 230
    EXPECT_EQ(both.prompt, 0.0);
}

TEST(RatesTest, SaysWhichShapesOfLongTextsKeepTheBits) {
    Shape longer = shape();
    longer.stream_length = 1280;
    TimedEvaluator evaluator(line, longer);
    evaluator.any_kernel = true;
    const auto check = [&] {
        const auto rates = measure_text_rates(evaluator, kTextShapes);
        EXPECT_TRUE(evaluator.empty());
        EXPECT_EQ(rates.size(), kTextShapes.size());
        return rates;
    };
    for (const auto& [text, rate, keeps] : check()) {
        EXPECT_EQ(keeps, text.rows < kTileRows);
        EXPECT_NEAR(rate, text.streams * text.rows / line(text.streams * text.rows), 1e-6);
    }
    longer.tile_rows = kTileRows;
    TimedEvaluator tiled(line, longer);
    tiled.any_kernel = true;
    for (const auto& [text, rate, keeps] : measure_text_rates(tiled, kTextShapes)) {
        EXPECT_EQ(keeps, text.rows >= kTileRows);
    }
    const auto [streams, rows] = evaluator.shapes.back();  // in the middle of its text
    EXPECT_EQ(streams, kTextShapes.back().streams);
    EXPECT_EQ(rows, kTextShapes.back().rows);
}

}  // namespace
}  // namespace otherwise
