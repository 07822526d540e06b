#include "otherwise/generate/needed_rows.h"

#include <gtest/gtest.h>

#include <set>

#include "otherwise/model/blocks.h"
#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

Tokens prompt_of(int shared, int own, std::uint64_t key) {
    Tokens tokens = test::some_tokens(1, shared);
    const Tokens rest = test::some_tokens(key, own);
    tokens.insert(tokens.end(), rest.begin(), rest.end());
    return tokens;
}

std::vector<const Tokens*> pointers(const std::vector<Tokens>& all) {
    std::vector<const Tokens*> list;
    for (const auto& one : all) {
        list.push_back(&one);
    }
    return list;
}

TEST(NeededRowsTest, CountsASharedHeadOnce) {
    const std::vector<Tokens> prompts{prompt_of(100, 20, 2), prompt_of(100, 30, 3),
                                      prompt_of(100, 20, 2)};
    const Shape tiled{.tile_rows = kTileRows};
    EXPECT_EQ(needed_prompt_rows(pointers(prompts), tiled), 100 + 19 + 29 + 3);
    EXPECT_EQ(needed_prompt_rows(pointers(prompts), {}), 120 + 130 + 120);  // nothing is shared
    const std::vector<Tokens> brief{prompt_of(10, 2, 2), prompt_of(10, 3, 3)};
    EXPECT_EQ(needed_prompt_rows(pointers(brief), tiled), 12 + 13);
    EXPECT_EQ(needed_prompt_rows({}, tiled), 0);
}

TEST(NeededRowsTest, CountsEveryDistinctStartOfHeads) {
    std::vector<Tokens> prompts;
    for (int i = 0; i < 12; ++i) {
        prompts.push_back(prompt_of(60 + 7 * (i % 4), 40 + i, static_cast<std::uint64_t>(i % 5)));
    }
    const Shape tiled{.tile_rows = kTileRows};
    std::set<Tokens> starts;
    long last_rows = 0;
    for (const auto& prompt : prompts) {
        const int head = tiled_head(static_cast<int>(prompt.size()), tiled);
        ASSERT_GT(head, 0);
        last_rows += 1;
        for (int length = 1; length <= head; ++length) {
            starts.insert(Tokens(prompt.begin(), prompt.begin() + length));
        }
    }
    EXPECT_EQ(needed_prompt_rows(pointers(prompts), tiled),
              static_cast<long>(starts.size()) + last_rows);
}

TEST(NeededRowsTest, CountsWhatSamplesShareOnce) {
    const NeededRows one = needed_written_rows({{.tokens = {1, 2, 3, 4}, .common = 2}});
    EXPECT_EQ(one.verified, 2);
    EXPECT_EQ(one.written, 1);
    EXPECT_EQ(one.prompt, 0);
    const NeededRows whole = needed_written_rows({{.tokens = {1, 2, 3, 4}, .common = 4}});
    EXPECT_EQ(whole.verified, 3);
    EXPECT_EQ(whole.written, 0);
    const NeededRows two = needed_written_rows(
        {{.tokens = {1, 2, 3, 4}, .common = 2}, {.tokens = {1, 2, 5, 6}, .common = 2}});
    EXPECT_EQ(two.verified, 2);
    EXPECT_EQ(two.written, 2);
    for (const int first : {2, 4}) {  // the same string, of which one sample's draft is longer
        const NeededRows same =
            needed_written_rows({{.tokens = {1, 2, 3, 4}, .common = first},
                                 {.tokens = {1, 2, 3, 4}, .common = 6 - first}});
        EXPECT_EQ(same.verified, 3);
        EXPECT_EQ(same.written, 0);
    }
    const NeededRows none = needed_written_rows({{.tokens = {}, .common = 0}, {.tokens = {7}}});
    EXPECT_EQ(none.rows(), 0);
}

}  // namespace
}  // namespace otherwise
