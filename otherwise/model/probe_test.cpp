// The probe on stubs that depend on their batches in known ways.
#include "otherwise/model/probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/support/stub_evaluator.h"

namespace otherwise {
namespace {

using test::StubEvaluator;

constexpr float kShift = 0.25F;

using Disturbance = std::function<float(const Call& call, int row)>;

Probe probe_with(const Disturbance& disturbance, int min_rows, int stream_length = 512,
                 int max_rows = 128, bool can_trim = true, bool scoped = false) {
    Shape shape = test::stub_shape(probe_streams(min_rows), min_rows);
    shape.stream_length = stream_length;
    shape.max_rows = max_rows;
    shape.can_trim = can_trim;
    shape.scoped_calls = scoped;
    StubEvaluator stub(shape);
    stub.disturbance = disturbance;
    const Probe probe = probe_invariance(stub);
    for (int stream = 0; stream < shape.n_streams; ++stream) {
        EXPECT_EQ(stub.length(stream), 0);
    }
    EXPECT_LT(stub.rows(), 3000);
    return probe;
}

void expect_found(const Probe& probe) {
    EXPECT_FALSE(probe.invariant);
    EXPECT_NEAR(probe.worst, kShift, 1e-5);
    EXPECT_FALSE(probe.shape.empty());
}

long wanted(const Call& call) { return std::ranges::count(call.wanted, std::uint8_t{1}); }

TEST(Probe, AcceptsWhatDoesNotDepend) {
    for (const int min_rows : {1, 2, 8}) {
        for (const int length : {256, 512}) {
            for (const bool can_trim : {true, false}) {
                const auto probe = probe_with({}, min_rows, length, 128, can_trim);
                EXPECT_TRUE(probe.invariant);
                EXPECT_EQ(probe.worst, 0.0);
                EXPECT_EQ(probe.shape, "");
            }
        }
    }
}

TEST(Probe, FindsKernelsForFewRows) {
    const auto by_rows = [](int least) {
        return [least](const Call& call, int) { return call.size() < least ? kShift : 0.0F; };
    };
    expect_found(probe_with(by_rows(3), 2));
    expect_found(probe_with(by_rows(8), 2));
    EXPECT_TRUE(probe_with(by_rows(8), 8).invariant);  // which no call has then
    expect_found(probe_with(by_rows(9), 8));
}

TEST(Probe, FindsKernelsForManyRows) {
    const auto many = [](const Call& call, int) { return call.size() >= 32 ? kShift : 0.0F; };
    expect_found(probe_with(many, 2));
    expect_found(probe_with(many, 8));
}

TEST(Probe, FindsRowsLeftOverByTiles) {
    const auto leftover = [](int tile) {
        return [tile](const Call& call, int row) {
            return row >= call.size() / tile * tile ? kShift : 0.0F;
        };
    };
    expect_found(probe_with(leftover(4), 2));
    expect_found(probe_with(leftover(4), 8));
    expect_found(probe_with(
        [](const Call& call, int row) { return row + 1 == call.size() ? kShift : 0.0F; }, 2));
}

TEST(Probe, FindsKernelsForOneRowOfManyStreams) {
    const auto single = [](const Call& call, int) { return call.n_rows == 1 ? kShift : 0.0F; };
    expect_found(probe_with(single, 2));
    expect_found(probe_with(single, 8));
}

TEST(Probe, FindsLongCallsOfFewLogits) {
    const auto partial = [](const Call& call, int) {
        return wanted(call) < call.size() ? kShift : 0.0F;
    };
    expect_found(probe_with(partial, 2));
    expect_found(probe_with(partial, 8));
}

TEST(Probe, FindsKernelsForFewLogits) {
    const auto by_logits = [](long least) {
        return [least](const Call& call, int) { return wanted(call) < least ? kShift : 0.0F; };
    };
    expect_found(probe_with(by_logits(3), 2));
    expect_found(probe_with(by_logits(8), 2));
    EXPECT_TRUE(probe_with(by_logits(2), 2).invariant);
    EXPECT_TRUE(probe_with(by_logits(8), 8).invariant);
}

TEST(Probe, LooksAtBothScopesWhereAdaptersDiffer) {
    for (const int written : {0, 1}) {
        const auto disturbed = [written](const Call& call, int) {
            return call.written[0] == written && call.n_rows == 7 ? kShift : 0.0F;
        };
        expect_found(probe_with(disturbed, 2, 256, 128, true, true));
    }
    const auto prompt = [](const Call& call, int) { return call.written[0] == 0 ? kShift : 0.0F; };
    EXPECT_TRUE(probe_with(prompt, 2, 256).invariant);  // no such call where all rows are alike
}

TEST(Probe, LooksAtLongContextsWhereARunGetsThere) {
    const auto deep = [](const Call& call, int) {
        return call.positions[0] > 256 && call.n_streams == 1 ? kShift : 0.0F;
    };
    expect_found(probe_with(deep, 2));
    EXPECT_TRUE(probe_with(deep, 2, 256).invariant);
}

/// Of calls that are cut into one shape; `disturbance` may look at the stub.
Probe one_shape_with(const std::function<float(const StubEvaluator&, const Call&)>& disturbance) {
    Shape shape = test::stub_shape(8, 1);
    shape.stream_length = 1024;
    shape.one_shape = true;
    StubEvaluator stub(shape);
    stub.disturbance = [&](const Call& call, int) { return disturbance(stub, call); };
    const Probe probe = probe_invariance(stub);
    for (int stream = 0; stream < shape.n_streams; ++stream) {
        EXPECT_EQ(stub.length(stream), 0);
    }
    return probe;
}

TEST(ProbeOneShape, LooksAtPlacesAndCompany) {
    const auto none = [](const StubEvaluator&, const Call&) { return 0.0F; };
    EXPECT_TRUE(one_shape_with(none).invariant);
    expect_found(one_shape_with([](const StubEvaluator&, const Call& call) {
        return call.first_stream == 5 ? kShift : 0.0F;
    }));
    expect_found(one_shape_with([](const StubEvaluator&, const Call& call) {
        return call.n_streams == 6 ? kShift : 0.0F;
    }));
    expect_found(one_shape_with([](const StubEvaluator& stub, const Call& call) {
        return call.positions[0] < 100 && stub.length(1) > 500 ? kShift : 0.0F;
    }));
    expect_found(one_shape_with([](const StubEvaluator&, const Call& call) {
        return call.positions[0] >= 900 && call.n_rows > 1 ? kShift : 0.0F;
    }));
}

Probe tiles_with(const Disturbance& disturbance, int length = 320, bool scoped = false) {
    Shape shape = test::stub_shape(probe_streams(2), 2);
    shape.stream_length = 512;
    shape.tile_rows = 64;
    shape.scoped_calls = scoped;
    StubEvaluator stub(shape);
    stub.disturbance = disturbance;
    const Probe probe = probe_tiles(stub, length);
    for (int stream = 0; stream < shape.n_streams; ++stream) {
        EXPECT_EQ(stub.length(stream), 0);
    }
    EXPECT_LE(stub.rows(), 5 * (length + 8) * (scoped ? 2 : 1));
    return probe;
}

TEST(ProbeTiles, AcceptsWhatDoesNotDepend) {
    for (const int length : {64, 65, 100, 127, 128, 200, 320}) {
        const auto probe = tiles_with({}, length);
        EXPECT_TRUE(probe.invariant) << length << ": " << probe.shape;
    }
    // the two kernels may differ from each other
    const auto other = [](const Call& call, int) { return call.n_rows >= 64 ? kShift : 0.0F; };
    EXPECT_TRUE(tiles_with(other).invariant);
}

TEST(ProbeTiles, FindsWhatDependsOnTheCut) {
    expect_found(
        tiles_with([](const Call& call, int) { return call.n_rows >= 128 ? kShift : 0.0F; }));
    expect_found(tiles_with(
        [](const Call& call, int row) { return row / 64 == call.n_rows / 64 ? kShift : 0.0F; }));
    expect_found(tiles_with(
        [](const Call& call, int) { return call.positions[0] % 64 != 0 ? kShift : 0.0F; }));
}

TEST(ProbeTiles, FindsWhatDependsOnCompany) {
    expect_found(tiles_with([](const Call& call, int) {
        return call.n_rows >= 64 && call.n_streams == 2 ? kShift : 0.0F;
    }));
}

TEST(ProbeTiles, LooksAtBothScopes) {
    for (const int written : {0, 1}) {
        const auto disturbed = [written](const Call& call, int) {
            return call.written[0] == written && call.n_rows >= 128 ? kShift : 0.0F;
        };
        expect_found(tiles_with(disturbed, 320, true));
    }
}

}  // namespace
}  // namespace otherwise
