// What samples write along the rows of one call is what each would write alone.
#include "otherwise/generate/walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

constexpr int kLimit = 12;
const Tokens kPrompt{4, 9, 2};

Place place_of(int number) {
    return {.seed = 3, .string = 8, .sample = static_cast<std::uint32_t>(number)};
}

/// The factual strings of some samples; observed where all share one.
std::shared_ptr<FactualString> factual_string(const test::StubWorld& world, int number,
                                              bool observed) {
    auto string = std::make_shared<FactualString>();
    auto written = plain_write(world, kPrompt, kLimit, place_of(observed ? 99 : number)).written;
    if (observed) {
        test::PlainString text(world.model, kPrompt);
        LawScratch scratch;
        for (const Token token : written.tokens) {
            string->laws.emplace_back(make_law({}, text.logits(), scratch));
            text.write(token);
        }
    }
    string->observed = observed;
    string->written = std::make_shared<Written>(std::move(written));
    return string;
}

struct Walked {
    Bundle bundle{};
    std::vector<Step> steps{};
    int rows_read = 0;
};

/// Feeds the prompt's last token and `guess` to samples that have written nothing.
Walked walk_along(const test::StubWorld& world,
                  const std::vector<std::shared_ptr<FactualString>>& factual, const Tokens& guess) {
    Walked walked;
    walked.bundle = {.prompt = std::make_shared<const Tokens>(kPrompt),
                     .written = {},
                     .samples = {},
                     .limit = kLimit,
                     .cached = 2};
    for (std::size_t s = 0; s < factual.size(); ++s) {
        walked.bundle.samples.push_back(
            {.number = static_cast<int>(s), .seed = 3, .noise = 8, .factual = factual[s]});
    }
    Tokens fed{kPrompt.back()};
    fed.insert(fed.end(), guess.begin(), guess.end());
    std::vector<std::vector<float>> rows;
    test::PlainString text(world.model, kPrompt);
    rows.push_back(text.logits());
    for (const Token token : guess) {
        text.write(token);
        rows.push_back(text.logits());
    }
    WalkScratch scratch;
    Rules rules = world.rules;
    rules.ends = test::stub_ends();
    walked.steps = walk(
        walked.bundle, fed, rules,
        [&](int row) -> std::span<const float> {
            ++walked.rows_read;
            return rows[static_cast<std::size_t>(row)];
        },
        scratch);
    return walked;
}

void expect_as_alone(const test::StubWorld& factual_world, const test::StubWorld& world,
                     bool observed) {
    std::vector<std::shared_ptr<FactualString>> strings;
    for (int s = 0; s < 20; ++s) {
        strings.push_back(factual_string(factual_world, s, observed));
    }
    Tokens guess = strings[0]->written->tokens;
    guess.pop_back();
    const auto walked = walk_along(world, strings, guess);
    for (std::size_t s = 0; s < strings.size(); ++s) {
        const test::PlainFactual past{.world = &factual_world,
                                      .prompt = kPrompt,
                                      .written = *strings[s]->written,
                                      .observed = observed};
        const auto alone =
            plain_write(world, kPrompt, kLimit, place_of(static_cast<int>(s)), &past);
        const Step& step = walked.steps[s];
        const auto n = step.tokens.size();
        ASSERT_GE(n, 1U);
        ASSERT_LE(n, alone.written.tokens.size());
        EXPECT_TRUE(
            std::equal(step.tokens.begin(), step.tokens.end(), alone.written.tokens.begin()));
        // It went on for as long as the guess was right, and one token further.
        for (std::size_t t = 0; t + 1 < n; ++t) {
            EXPECT_EQ(step.tokens[t], guess[t]);
        }
        EXPECT_TRUE(step.done || n > guess.size() || step.tokens.back() != guess[n - 1]);
        EXPECT_EQ(step.done, n == alone.written.tokens.size());
        EXPECT_EQ(step.ended, step.done && alone.written.ended);
        if (step.done) {
            EXPECT_EQ(walked.bundle.samples[s].margin, alone.margin);
        }
    }
}

TEST(Walk, EachSampleWritesWhatItWouldAlone) {
    const test::StubWorld factual{.name = "factual", .model = {.end_logit = 3.0F}};
    for (const bool observed : {true, false}) {
        for (const float strength : {0.0F, 0.3F, 3.0F}) {
            const test::StubWorld world{
                .name = "world", .model = {.end_logit = 3.0F, .salt = 1, .strength = strength}};
            expect_as_alone(factual, world, observed);
        }
        expect_as_alone(factual, {.name = "forced", .rules = {.forced = {{2, 50}}}}, observed);
    }
}

TEST(Walk, StopsReadingRowsThatNoSampleReaches) {
    const test::StubWorld world{.name = "factual"};
    const auto string = factual_string(world, 0, true);
    EXPECT_EQ(walk_along(world, {string}, {string->written->tokens[0] + 1, 3, 3, 3}).rows_read, 1);
    Tokens right = string->written->tokens;
    right.pop_back();
    EXPECT_EQ(walk_along(world, {string}, right).rows_read, std::ssize(right) + 1);
}

TEST(Walk, CountsDivergencesByNoiseOnly) {
    const test::StubWorld world{.name = "factual"};
    const auto string = factual_string(world, 0, false);
    const Token other = string->written->tokens[0] == 50 ? 51 : 50;
    EXPECT_EQ(walk_along(world, {string}, {}).steps[0].diverged, 0);
    const test::StubWorld forced{.name = "forced", .rules = {.forced = {{0, other}}}};
    const auto walked = walk_along(forced, {string}, {});
    EXPECT_EQ(walked.steps[0].diverged, 0);
    EXPECT_FALSE(walked.bundle.samples[0].following);
    const test::StubWorld far{.name = "far", .model = {.salt = 1, .strength = 40.0F}};
    EXPECT_EQ(walk_along(far, {string}, {}).steps[0].diverged, 1);
}

TEST(WorldLaw, ForbiddenTokensAreImpossible) {
    WalkScratch scratch;
    test::PlainString text({}, kPrompt);
    const auto row = text.logits();
    Rules rules;
    EXPECT_GT(world_law(row, rules, scratch).log_prob(3), -20.0);
    rules.forbidden = {3, 5000};  // a token beyond the row is none of it
    const Law law = world_law(row, rules, scratch);
    EXPECT_EQ(law.log_prob(3), -std::numeric_limits<double>::infinity());
    double sum = 0.0;
    for (Token k = 0; k < test::kStubVocabulary; ++k) {
        sum += std::exp(law.log_prob(k));
    }
    EXPECT_NEAR(sum, 1.0, 1e-6);
}

}  // namespace
}  // namespace otherwise
