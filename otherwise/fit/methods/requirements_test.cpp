// needs: llama
#include "otherwise/fit/methods/requirements.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

std::vector<SetSize> sizes(std::size_t a, std::size_t b) {
    return {{.name = "a.txt", .n = a}, {.name = "b.txt", .n = b}};
}

FitRequest of(FitMethod method, double held_out = 0.2) {
    return {.method = method, .held_out = held_out};
}

TEST(FitRequirements, EnoughTextsForTheMethod) {
    const std::pair<FitMethod, std::size_t> least[] = {{FitMethod::direction, 2},
                                                       {FitMethod::mimic, 10},
                                                       {FitMethod::leace, 10},
                                                       {FitMethod::iti, 20}};
    for (const auto& [method, n] : least) {
        EXPECT_NO_THROW(require_counts(sizes(n, n), of(method)));
        EXPECT_ERROR(require_counts(sizes(n, n - 1), of(method)),
                     std::to_string(n - 1) + " in 'b.txt'");
    }
}

TEST(FitRequirements, TwoSetsAndMoreForLeaceAlone) {
    auto three = sizes(20, 20);
    three.push_back({.name = "c.txt", .n = 20});
    EXPECT_NO_THROW(require_counts(three, of(FitMethod::leace)));
    EXPECT_ERROR(require_counts(three, of(FitMethod::mimic)), "two sets of texts, got 3");
    EXPECT_ERROR(require_counts({three[0]}, of(FitMethod::leace)), "two sets of texts or more");
    EXPECT_ERROR(require_counts({}, of(FitMethod::direction)), "got 0");
}

TEST(FitRequirements, SetsDiffer) {
    const TextSet a{.path = "a.txt", .texts = {"x", "y"}};
    const TextSet turned{.path = "b.txt", .texts = {"y", "x"}};
    const TextSet other{.path = "c.txt", .texts = {"x", "x"}};
    EXPECT_NO_THROW(require_different({a, other}));
    EXPECT_ERROR(require_different({other, a, turned}), "the same texts in 'a.txt' and 'b.txt'");
}

TEST(FitRequirements, PairsHaveOneStateEach) {
    auto paired = of(FitMethod::direction);
    EXPECT_NO_THROW(require_pairs(sizes(3, 4), paired));
    paired.by = DirectionBy::pca;
    EXPECT_NO_THROW(require_pairs(sizes(4, 4), paired));
    EXPECT_ERROR(require_pairs(sizes(3, 4), paired), "got 3 and 4");
    paired.pooling = Pooling::every;
    EXPECT_ERROR(require_pairs(sizes(4, 4), paired), "one state a text");
}

TEST(FitRequirements, HeadsAreJudgedByTextsOfTheirOwn) {
    EXPECT_NO_THROW(require_judges(sizes(20, 20), of(FitMethod::iti, 0.2)));
    EXPECT_ERROR(require_judges(sizes(20, 20), of(FitMethod::iti, 0.1)), "of 'a.txt'");
    EXPECT_NO_THROW(require_judges(sizes(20, 20), of(FitMethod::mimic, 0.0)));
    auto heads = of(FitMethod::iti);
    heads.heads = 6;
    EXPECT_NO_THROW(require_heads(heads, 2, 3));
    heads.heads = 7;
    EXPECT_ERROR(require_heads(heads, 2, 3), "at most 6");
}

TEST(FitRequirements, ControlVectorsHaveNoBlockZero) {
    std::vector<int> layers{0, 1, 2};
    drop_block_zero(of(FitMethod::direction), "l_out", layers);
    EXPECT_EQ(layers, (std::vector{1, 2}));
    std::vector<int> others{0, 1};
    drop_block_zero(of(FitMethod::direction), "ffn_out", others);
    drop_block_zero(of(FitMethod::leace), "l_out", others);
    EXPECT_EQ(others, (std::vector{0, 1}));
    std::vector<int> zero{0};
    EXPECT_ERROR(drop_block_zero(of(FitMethod::direction), "l_out", zero), "layer 0 alone");
}

TEST(FitRequirements, MemoryGoesWithTheSquareOfTheWidth) {
    EXPECT_TRUE(needs_covariance(of(FitMethod::leace)));
    EXPECT_FALSE(needs_covariance(of(FitMethod::direction)));
    auto mimic = of(FitMethod::mimic);
    EXPECT_TRUE(needs_covariance(mimic));
    const auto whole = method_bytes(mimic, 1000, 1, 10);
    mimic.mean_only = true;
    EXPECT_FALSE(needs_covariance(mimic));
    EXPECT_GT(whole, std::size_t{12} * 1000 * 1000 * sizeof(double));
    EXPECT_LT(whole, std::size_t{15} * 1000 * 1000 * sizeof(double));
    EXPECT_LT(method_bytes(mimic, 1000, 1, 10), whole / 2);
}

}  // namespace
}  // namespace otherwise
