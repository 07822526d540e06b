// Which rows of a passage are read in which call; lockstep_test.cpp has what comes of it.
#include "otherwise/generate/passage.h"

#include <gtest/gtest.h>

#include <memory>

namespace otherwise {
namespace {

std::shared_ptr<const Tokens> tokens(Token first, int count) {
    Tokens list;
    for (int i = 0; i < count; ++i) {
        list.push_back(first + i);
    }
    return std::make_shared<const Tokens>(list);
}

constexpr Shape kShape{.n_streams = 4, .stream_length = 256, .max_rows = 32, .max_stream_rows = 8};

TEST(Passage, TheShortestPromptIsReadTogether) {
    const Passage passage{.prompts = {tokens(10, 5), tokens(20, 3)}, .written = tokens(50, 10)};
    const PassageReading reading = reading_of(passage, 7, kShape);
    EXPECT_EQ(reading.index, 7);
    EXPECT_EQ(reading.shared, 3);
    EXPECT_FALSE(reading.tiled);
    EXPECT_EQ(tail_length(reading), 3 + 9);  // the last token decides nothing
}

TEST(Passage, PiecesCoverTheTailOnce) {
    const Passage passage{.prompts = {tokens(10, 5), tokens(20, 3)}, .written = tokens(50, 10)};
    const PassageReading reading = reading_of(passage, 0, kShape);
    int at = 0;
    for (int piece = 0; at < tail_length(reading); ++piece) {
        const auto [first, end] = rows_of(reading, piece, kShape);
        EXPECT_EQ(first, at);
        ASSERT_GT(end, first);
        EXPECT_LE(end - first, kShape.max_stream_rows);
        at = end;
    }
    EXPECT_EQ(at, tail_length(reading));
    const auto [first, end] = rows_of(reading, 10, kShape);
    EXPECT_EQ(first, end);
}

TEST(Passage, EachWorldFeedsItsOwnPromptAndTheSameText) {
    const Passage passage{.prompts = {tokens(10, 5), tokens(20, 3)}, .written = tokens(50, 3)};
    const PassageReading reading = reading_of(passage, 0, kShape);
    const Feed own = tail_feed(reading, 0, 2, 0, kShape);
    EXPECT_EQ(own.stream, 2);
    EXPECT_EQ(own.position, 2);  // after the two rows that the other world lacks
    EXPECT_EQ(own.tokens, (Tokens{12, 13, 14, 50, 51}));
    EXPECT_EQ(own.wanted_from, 2);
    const Feed other = tail_feed(reading, 1, 0, 0, kShape);
    EXPECT_EQ(other.position, 0);
    EXPECT_EQ(other.tokens, (Tokens{20, 21, 22, 50, 51}));
    EXPECT_EQ(other.wanted_from, own.wanted_from);
}

}  // namespace
}  // namespace otherwise
