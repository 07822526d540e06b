#include "otherwise/generate/draft.h"

#include <gtest/gtest.h>

#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

constexpr int kAll = 1000;

std::shared_ptr<const FactualString> factual(const Tokens& tokens) {
    auto string = std::make_shared<FactualString>();
    string->written = std::make_shared<Written>(Written{.tokens = tokens});
    return string;
}

Bundle bundle_of(const std::vector<Tokens>& strings, int limit) {
    Bundle bundle{.prompt = std::make_shared<const Tokens>(Tokens{1, 2}),
                  .written = {},
                  .samples = {},
                  .limit = limit};
    for (const auto& tokens : strings) {
        bundle.samples.push_back({.factual = factual(tokens)});
    }
    return bundle;
}

Rules rules(std::map<int, Token> forced = {}) {
    return {
        .mechanism = {}, .forced = std::move(forced), .forbidden = {}, .ends = test::stub_ends()};
}

TEST(Draft, IsTheFactualStringButItsLastToken) {
    Bundle bundle = bundle_of({{7, 8, 9, 10}}, 4);
    EXPECT_EQ(draft(bundle, rules(), kAll, kAll), (Tokens{7, 8, 9}));  // nothing follows the fourth
    EXPECT_EQ(draft(bundle, rules(), 2, kAll), (Tokens{7, 8}));
    EXPECT_EQ(draft(bundle, rules(), 0, kAll), Tokens{});
    bundle.limit = 9;
    EXPECT_EQ(draft(bundle, rules(), kAll, kAll), (Tokens{7, 8, 9, 10}));
    bundle.written = {7, 8};
    EXPECT_EQ(draft(bundle, rules(), kAll, kAll), (Tokens{9, 10}));
}

TEST(Draft, StopsBeforeAnEnd) {
    const Bundle bundle = bundle_of({{7, 8, test::kStubEnd}}, 9);
    EXPECT_EQ(draft(bundle, rules(), kAll, kAll), (Tokens{7, 8}));
    EXPECT_EQ(draft(bundle, rules({{0, test::kOtherStubEnd}}), kAll, kAll), Tokens{});
}

TEST(Draft, NeedsAllSamplesToAgreeAndToFollow) {
    Bundle bundle = bundle_of({{7, 8, 9}, {7, 8, 11}}, 9);
    EXPECT_EQ(draft(bundle, rules(), kAll, kAll), (Tokens{7, 8}));
    bundle.samples[1].following = false;
    EXPECT_EQ(draft(bundle, rules(), kAll, kAll), Tokens{});
    bundle = bundle_of({{7, 8, 9}}, 9);
    bundle.samples[0].factual = nullptr;
    EXPECT_EQ(draft(bundle, rules(), kAll, kAll), Tokens{});
}

TEST(Draft, ForcedTokensAreSureAndLeaveTheFactualString) {
    const Bundle bundle = bundle_of({{7, 8, 9, 10}}, 9);
    EXPECT_EQ(draft(bundle, rules({{1, 50}, {2, 51}}), kAll, kAll), (Tokens{7, 50, 51}));
    EXPECT_EQ(draft(bundle, rules({{1, 8}}), kAll, kAll),
              (Tokens{7, 8, 9, 10}));  // forced to be as it was
    EXPECT_EQ(draft(bundle, rules({{2, 50}}), kAll, kAll), (Tokens{7, 8, 50}));
}

TEST(Draft, CountsForcedTokensNotAsGuesses) {
    const Bundle bundle = bundle_of({{7, 8, 9, 10}}, 9);
    const Rules forced = rules({{0, 7}, {1, 8}, {3, 50}, {4, 51}});
    EXPECT_EQ(draft(bundle, forced, 0, kAll), (Tokens{7, 8}));
    EXPECT_EQ(draft(bundle, forced, 1, kAll), (Tokens{7, 8, 9, 50, 51}));
    EXPECT_EQ(draft(bundle, forced, 1, 4), (Tokens{7, 8, 9, 50}));
}

TEST(DraftPolicy, DraftsFartherWhereLessDiverges) {
    DraftPolicy sure(8);
    DraftPolicy unsure(8);
    sure.observe(1000, 1);
    unsure.observe(1000, 500);
    EXPECT_GT(sure.length(1), DraftPolicy(8).length(1));
    EXPECT_LT(unsure.length(1), DraftPolicy(8).length(1));
    EXPECT_GT(DraftPolicy(8).length(16),
              DraftPolicy(8).length(1));  // a row that many samples share
    EXPECT_GT(DraftPolicy(1).length(1), DraftPolicy(64).length(1));  // decoding alone is dear
    DraftPolicy never(8);
    never.observe(0, 1000);
    EXPECT_EQ(never.length(100), 0);
    DraftPolicy always(8);
    always.observe(1 << 30, 0);
    EXPECT_GT(always.length(1), 10000);
}

}  // namespace
}  // namespace otherwise
