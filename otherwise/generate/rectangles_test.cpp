// Any feeds become calls that keep to the shape, and their logits are those of each stream alone.
#include "otherwise/generate/rectangles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::StubEvaluator;
using test::StubModel;

/// Streams that hold some tokens, and feeds for a part of them.
class Streams {
public:
    Streams(const Shape& shape, int live, std::mt19937& random) : stub_(shape), live_(live) {
        const auto draw = [&](int low, int high) {
            return std::uniform_int_distribution(low, high)(random);
        };
        const int lengths[] = {draw(0, 3), draw(10, 40), shape.stream_length - draw(1, 9)};
        const int equal = draw(1, std::min(shape.max_stream_rows, shape.max_rows));
        for (int stream = 0; stream < live; ++stream) {
            held_.push_back(test::some_tokens(random(), lengths[draw(0, 2)]));
            stub_.fill(stream, held_.back());
            const int most = std::min(
                {shape.stream_length - length(stream), shape.max_stream_rows, shape.max_rows});
            const int rows = std::min(draw(0, 2) == 0 ? draw(1, most) : equal, most);
            const bool written = draw(0, 1) == 1;
            Feed feed{.stream = stream,
                      .position = length(stream),
                      .tokens = test::some_tokens(random(), rows),
                      .wanted_from = draw(0, rows),
                      .written_from = written ? 0 : rows};
            if (draw(0, 4) > 0) {
                feeds_.push_back(feed);
            }
        }
    }

    void check() {
        for (const auto& rectangle : pack(feeds_, stub_.shape(), live_)) {
            evaluate(stub_, rectangle, feeds_, live_);
            for (int i = 0; i < rectangle.count; ++i) {
                check_logits(rectangle, i);
                ++done_;
            }
        }
        EXPECT_EQ(done_, std::ssize(feeds_));
        for (int stream = live_; stream < stub_.shape().n_streams; ++stream) {
            EXPECT_EQ(stub_.length(stream), 0);
        }
        for (const Feed& feed : feeds_) {
            EXPECT_EQ(stub_.length(feed.stream), feed.position + std::ssize(feed.tokens));
        }
    }
    [[nodiscard]] long rows() const { return stub_.rows(); }

private:
    [[nodiscard]] int length(int stream) const {
        return static_cast<int>(held_[static_cast<std::size_t>(stream)].size());
    }

    void check_logits(const Rectangle& rectangle, int i) {
        const Feed& feed = feeds_[static_cast<std::size_t>(rectangle.first + i)];
        StubState state;
        for (const Token token : held_[static_cast<std::size_t>(feed.stream)]) {
            state = StubModel::next(state, token, false);
        }
        std::vector<float> row(test::kStubVocabulary);
        for (int r = 0; r < std::ssize(feed.tokens); ++r) {
            state = StubModel::next(state, feed.tokens[static_cast<std::size_t>(r)], false);
            if (r >= feed.wanted_from) {
                StubModel().logits(state, row);
                const auto got = stub_.logits(rectangle.row_of(i, r));
                ASSERT_TRUE(std::ranges::equal(got, row));
            }
        }
    }

    using StubState = test::StubState;
    StubEvaluator stub_;
    int live_;
    std::vector<Tokens> held_;
    std::vector<Feed> feeds_;
    int done_ = 0;
};

TEST(Rectangles, KeepToEveryShape) {
    std::mt19937 random(4);
    for (const int min_rows : {1, 2, 8}) {
        for (const bool can_trim : {true, false}) {
            for (const bool scoped : {true, false}) {
                for (const int live : {1, 2, 3, 12}) {
                    for (int turn = 0; turn < 6; ++turn) {
                        Shape shape = test::stub_shape(live + min_rows - 1, min_rows);
                        shape.stream_length = 64 + 16 * turn;
                        shape.max_rows = turn % 2 == 0 ? 512 : 80;
                        shape.can_trim = can_trim;
                        shape.scoped_calls = scoped;
                        Streams streams(shape, live, random);
                        ASSERT_NO_THROW(streams.check())
                            << min_rows << " " << can_trim << " " << scoped << " " << live;
                    }
                }
            }
        }
    }
}

Feed feed_of(int stream, int position, int rows) {
    return {.stream = stream,
            .position = position,
            .tokens = Tokens(static_cast<std::size_t>(rows), 1)};
}

TEST(Rectangles, EqualNeighboursShareACallAndOthersDoNot) {
    const Shape shape = test::stub_shape(9);
    const auto calls = [&](const std::vector<Feed>& feeds) { return pack(feeds, shape, 8).size(); };
    EXPECT_EQ(calls({feed_of(0, 0, 20), feed_of(1, 5, 20), feed_of(2, 9, 20)}), 1U);
    EXPECT_EQ(calls({feed_of(0, 0, 20), feed_of(2, 5, 20)}), 2U);         // a gap
    EXPECT_EQ(calls({feed_of(0, 0, 20), feed_of(1, 5, 19)}), 1U);         // a little padding
    EXPECT_EQ(calls({feed_of(0, 0, 40), feed_of(1, 5, 20)}), 2U);         // too much of it
    EXPECT_EQ(calls({feed_of(0, 0, 20), feed_of(1, 255 - 18, 19)}), 2U);  // no room for it
    Shape narrow = shape;
    narrow.max_rows = 39;
    EXPECT_EQ(pack(std::vector{feed_of(0, 0, 20), feed_of(1, 0, 20)}, narrow, 8).size(), 2U);
}

TEST(Rectangles, SmallCallsTakeCompanionsOrPadding) {
    const Shape shape = test::stub_shape(12, 8);
    const auto at_end = pack(std::vector{feed_of(4, 9, 1)}, shape, 5);
    EXPECT_EQ(at_end[0].companions, 7);
    EXPECT_EQ(at_end[0].call.n_rows, 1);
    const auto inside = pack(std::vector{feed_of(2, 9, 1)}, shape, 5);
    EXPECT_EQ(inside[0].companions, 0);
    EXPECT_EQ(inside[0].call.n_rows, 8);
    const auto full = pack(std::vector{feed_of(2, 250, 1)}, shape, 5);  // no cells for padding
    EXPECT_EQ(full[0].companions, 7);
}

}  // namespace
}  // namespace otherwise
