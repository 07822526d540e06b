// needs: llama
//
// What each method learns from states whose means and spreads are known by hand. Covers also:
// layer_scores.cpp, learn_directions.cpp, learn_mimic.cpp, learn_leace.cpp and learn_heads.cpp.
// chance_test.cpp holds what is said of sets that are no different.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Core>

#include <algorithm>

#include "otherwise/fit/methods/learn.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

constexpr int kWidth = 4;
using State = std::array<float, kWidth>;

/// `n` states, a multiple of eight, around a mean: half a unit to and fro along each axis.
std::vector<float> around(const State& mean, int n) {
    std::vector<float> states;
    for (int i = 0; i < n; ++i) {
        for (int axis = 0; axis < kWidth; ++axis) {
            const float step = i / kWidth % 2 == 0 ? 0.5F : -0.5F;
            states.push_back(mean[static_cast<std::size_t>(axis)] +
                             (i % kWidth == axis ? step : 0));
        }
    }
    return states;
}

/// Layers 1 and 2, whose means are 1 and 5 apart.
GivenStates given(int n = 16) {
    return {.layers = {1, 2},
            .width = kWidth,
            .n_head = 2,
            .sets = {{.name = "a", .layers = {around({1, 0, 0, 0}, n), around({3, 4, 1, 0}, n)}},
                     {.name = "b", .layers = {around({0, 0, 0, 0}, n), around({0, 0, 1, 0}, n)}}},
            .architecture = "llama",
            .model_name = "",
            .model_sha256 = ""};
}

FitRequest request(FitMethod method) { return {.method = method, .held_out = 0.0}; }

FitRequest with_every_layer(FitMethod method) {
    auto all = request(method);
    all.layers.choice = LayerChoice::all;
    return all;
}

/// The map of a file at a layer, at a state.
std::vector<float> mapped(const AffineFile& file, int layer, const State& state) {
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const AffineMap& map = file.maps.at(layer);
    const auto x = Eigen::Map<const Eigen::VectorXf>(state.data(), kWidth);
    Eigen::VectorXf y = x + Eigen::Map<const Eigen::VectorXf>(map.bias.data(), kWidth);
    if (map.rank > 0) {
        y += Eigen::Map<const Rows>(map.up.data(), kWidth, map.rank) *
             (Eigen::Map<const Rows>(map.down.data(), map.rank, kWidth) * x);
    }
    if (!map.dense.empty()) {
        y += Eigen::Map<const Rows>(map.dense.data(), kWidth, kWidth) * x - x;
    }
    return {y.data(), y.data() + kWidth};
}

TEST(LearnDirections, AreTheDifferencesOfTheMeans) {
    const auto result = fit_states(given(), request(FitMethod::direction));
    const auto& vector = std::get<ControlVector>(result.file);
    ASSERT_EQ(vector.directions.size(), 2U);
    EXPECT_THAT(vector.directions.at(1), Pointwise(FloatNear(1e-6F), {1.0F, 0.0F, 0.0F, 0.0F}));
    EXPECT_THAT(vector.directions.at(2), Pointwise(FloatNear(1e-6F), {3.0F, 4.0F, 0.0F, 0.0F}));
    EXPECT_DOUBLE_EQ(result.step, 0.5);  // each layer moves by the whole distance
}

TEST(LearnDirections, MayBeOfLengthOne) {
    auto unit = request(FitMethod::direction);
    unit.unit = true;
    const auto result = fit_states(given(), unit);
    EXPECT_THAT(std::get<ControlVector>(result.file).directions.at(2),
                Pointwise(FloatNear(1e-6F), {0.6F, 0.8F, 0.0F, 0.0F}));
    EXPECT_DOUBLE_EQ(result.step, (1.0 + 5.0) / 4.0);
}

TEST(LearnDirections, ElsewhereThanInTheResidualAreShifts) {
    auto mlp = request(FitMethod::direction);
    mlp.site = "mlp";
    const auto result = fit_states(given(), mlp);
    const auto& file = std::get<AffineFile>(result.file);
    EXPECT_EQ(file.node, "ffn_out");
    EXPECT_THAT(mapped(file, 2, {0, 0, 1, 0}),
                Pointwise(FloatNear(1e-6F), {3.0F, 4.0F, 1.0F, 0.0F}));
}

TEST(LearnDirections, OfPairsWantTheirDifferencesToVaryWhereTheyAreCentred) {
    auto paired = request(FitMethod::direction);
    paired.by = DirectionBy::pca;
    const auto result = fit_states(given(), paired);  // the same difference in each pair
    EXPECT_THAT(std::get<ControlVector>(result.file).directions.at(2),
                Pointwise(FloatNear(1e-5F), {3.0F, 4.0F, 0.0F, 0.0F}));
    paired.by = DirectionBy::pca_centred;
    EXPECT_ERROR(fit_states(given(), paired), "paired differences that vary");
}

TEST(LayerScores, AreDistancesAndTheirShareOfTheSpread) {
    const auto layers = fit_states(given(), request(FitMethod::direction)).layers;
    ASSERT_EQ(layers.size(), 2U);
    EXPECT_EQ(layers[0].layer, 1);
    EXPECT_NEAR(layers[0].distance, 1.0, 1e-6);
    EXPECT_NEAR(layers[1].distance, 5.0, 1e-6);
    // Along any direction the variance is 0.25 / 4 in either set.
    EXPECT_NEAR(layers[0].separation, 1.0 / 0.25, 1e-4);
    EXPECT_NEAR(layers[1].separation, 5.0 / 0.25, 1e-4);
    EXPECT_EQ(layers[0].accuracy.n(), 0);
}

TEST(LayerScores, ChooseTheBest) {
    auto best = request(FitMethod::direction);
    best.layers.choice = LayerChoice::best;
    const auto result = fit_states(given(), best);
    EXPECT_FALSE(result.layers[0].chosen);
    EXPECT_TRUE(result.layers[1].chosen);
    EXPECT_EQ(std::get<ControlVector>(result.file).directions.size(), 1U);
    EXPECT_DOUBLE_EQ(result.step, 1.0);
}

TEST(LayerScores, CountHeldOutTextsOnTheirSide) {
    auto held = request(FitMethod::direction);
    held.held_out = 0.25;
    auto states = given(40);
    const auto right = fit_states(states, held).layers[1].accuracy;
    EXPECT_GT(right.n(), 10);
    EXPECT_EQ(right.rate(), 1.0);  // the means lie ten deviations apart
    // At layer 1 half a unit to the other side is on the border, and no farther.
    EXPECT_GT(fit_states(states, held).layers[0].accuracy.rate(), 0.75);
}

TEST(LearnFrom, RefusesStatesThatDoNotDiffer) {
    auto states = given();
    states.sets[1].layers = states.sets[0].layers;
    for (const FitMethod method : {FitMethod::direction, FitMethod::mimic}) {
        EXPECT_NE(test::error_of([&] { (void)fit_states(states, request(method)); }), "no error");
    }
}

TEST(LearnMimic, OfEqualSpreadsIsTheShiftOfTheMeans) {
    for (const bool mean_only : {false, true}) {
        auto mimic = with_every_layer(FitMethod::mimic);
        mimic.mean_only = mean_only;
        const auto result = fit_states(given(), mimic);
        const auto& file = std::get<AffineFile>(result.file);
        EXPECT_EQ(file.maps.at(2).dense.empty(), mean_only);
        EXPECT_THAT(mapped(file, 2, {0, 0, 1, 0}),  // the mean of b to that of a
                    Pointwise(FloatNear(1e-4F), {3.0F, 4.0F, 1.0F, 0.0F}));
        EXPECT_THAT(mapped(file, 2, {1, 0, 0, 7}),
                    Pointwise(FloatNear(1e-3F), {4.0F, 4.0F, 0.0F, 7.0F}));
        for (const auto& finding : result.findings) {
            if (finding.key == "fit_error") {
                EXPECT_LT(finding.value, 1e-5);
            }
        }
    }
}

TEST(LearnMimic, StretchesWhatIsNarrower) {
    auto states = given(400);
    for (float& value : states.sets[0].layers[1]) {
        value *= 2.0F;  // mean (6, 8, 2, 0), twice the spread
    }
    const auto result = fit_states(states, with_every_layer(FitMethod::mimic));
    const auto& file = std::get<AffineFile>(result.file);
    EXPECT_THAT(mapped(file, 2, {1, 0, 1, 0}),
                Pointwise(FloatNear(1e-2F), {8.0F, 8.0F, 2.0F, 0.0F}));
}

TEST(LearnLeace, TakesTheMeansTogetherAndLeavesWhatIsAcross) {
    const auto result = fit_states(given(), with_every_layer(FitMethod::leace));
    const auto& file = std::get<AffineFile>(result.file);
    EXPECT_EQ(file.maps.at(2).rank, 1);
    const auto a = mapped(file, 2, {3, 4, 1, 0});
    EXPECT_THAT(mapped(file, 2, {0, 0, 1, 0}), Pointwise(FloatNear(1e-3F), a));
    EXPECT_THAT(a, Pointwise(FloatNear(1e-3F), {1.5F, 2.0F, 1.0F, 0.0F}));  // the mean of all
    EXPECT_THAT(mapped(file, 2, {1.5F, 2.0F, 5.0F, -6.0F}),
                Pointwise(FloatNear(1e-2F), {1.5F, 2.0F, 5.0F, -6.0F}));
    EXPECT_EQ(std::ranges::count(result.findings, "rank", &FitFinding::key), 2);
}

TEST(LearnHeads, ShiftTheHeadThatTellsTheSetsApart) {
    auto states = given(80);  // of layer 2 the second head tells them apart, by 3 and 4
    states.sets[0].layers[1] = around({1, 0, 3, 4}, 80);
    states.sets[1].layers[1] = around({1, 0, 0, 0}, 80);
    auto iti = request(FitMethod::iti);
    iti.held_out = 0.4;
    iti.heads = 1;
    const auto result = fit_states(states, iti);
    const auto& file = std::get<HeadsFile>(result.file);
    EXPECT_EQ(file.head_width, 2);
    ASSERT_EQ(file.shifts.size(), 1U);
    const auto& shift = file.shifts.at(2);
    ASSERT_EQ(shift.size(), 4U);
    EXPECT_EQ(shift[0], 0.0F);
    EXPECT_EQ(shift[1], 0.0F);
    EXPECT_GT(shift[2], 0.0F);
    EXPECT_NEAR(shift[3] / shift[2], 4.0 / 3.0, 0.1);
    ASSERT_EQ(result.heads.size(), 4U);
    EXPECT_EQ(result.heads[0].layer, 2);
    EXPECT_EQ(result.heads[0].head, 1);
    EXPECT_EQ(result.heads[0].accuracy.rate(), 1.0);
    EXPECT_NEAR(result.heads[0].length, std::hypot(shift[2], shift[3]), 1e-5);
    EXPECT_EQ(result.n_heads, 1);
    iti.heads = 0;  // one in twenty, at least one
    EXPECT_EQ(fit_states(states, iti).n_heads, 1);
}

}  // namespace
}  // namespace otherwise
