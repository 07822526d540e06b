#include "otherwise/generate/shared_head.h"

#include <gtest/gtest.h>

#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::StubEvaluator;

constexpr int kStreams = 4;  // and one to keep the start in

Tokens prompt_of(int shared, int own, std::uint64_t key) {
    Tokens tokens = test::some_tokens(1, shared);
    const Tokens rest = test::some_tokens(key, own);
    tokens.insert(tokens.end(), rest.begin(), rest.end());
    return tokens;
}

class SharedHeadTest : public testing::Test {
protected:
    static Shape shape() {
        Shape shape = test::stub_shape(kStreams + 1);
        shape.tile_rows = 64;
        shape.max_rows = 128;
        return shape;
    }
    StubEvaluator stub_{shape()};
    SharedHead head_{stub_, kStreams};
    WriterCounts counts_;
};

TEST_F(SharedHeadTest, IsTakenOverAsFarAsTheRestFillsACall) {
    const Tokens a = prompt_of(100, 80, 2);
    const Tokens b = prompt_of(100, 90, 3);
    EXPECT_EQ(head_.usable(a), 0);
    head_.learn(a, b, counts_);
    EXPECT_EQ(counts_.rows, 100);
    EXPECT_EQ(head_.usable(a), 100);
    EXPECT_EQ(head_.usable(prompt_of(100, 30, 4)), 129 - 64);  // 64 are left to read
    EXPECT_EQ(head_.usable(prompt_of(100, 1, 5)), 100);        // its whole head
    EXPECT_EQ(head_.usable(prompt_of(70, 80, 6)), 70);
    EXPECT_EQ(head_.usable(prompt_of(50, 80, 7)), 0);
    EXPECT_EQ(head_.usable(prompt_of(40, 0, 8)), 0);
    head_.give(70, 2);
    EXPECT_EQ(stub_.length(2), 70);
    head_.give(0, 3);
    EXPECT_EQ(stub_.length(3), 0);
    EXPECT_EQ(SharedHead(stub_, kStreams).usable(a), 100);  // all who use the evaluator know
}

TEST_F(SharedHeadTest, GrowsAndChangesWithThePrompts) {
    const Tokens a = prompt_of(100, 200, 2);
    head_.learn(a, prompt_of(100, 90, 3), counts_);
    Tokens longer = a;
    longer.resize(280);
    longer.insert(longer.end(), 40, 9);
    head_.learn(a, longer, counts_);  // goes on where it was
    EXPECT_EQ(counts_.rows, 319 - 64);
    EXPECT_EQ(head_.usable(longer), 319 - 64);
    const Tokens other = test::some_tokens(9, 200);
    head_.learn(other, other, counts_);
    EXPECT_EQ(counts_.rows, 255 + 199);
    EXPECT_EQ(head_.usable(other), 199);
    EXPECT_EQ(head_.usable(a), 0);
}

TEST_F(SharedHeadTest, IsNothingWithoutAStreamOfItsOwn) {
    SharedHead none(stub_, kStreams + 1);
    const Tokens a = prompt_of(100, 80, 2);
    none.learn(a, a, counts_);
    EXPECT_EQ(none.usable(a), 0);
    EXPECT_EQ(counts_.rows, 0);
}

}  // namespace
}  // namespace otherwise
