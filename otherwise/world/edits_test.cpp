#include "otherwise/world/edits.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

const std::vector<float> kStates{1, 2, 3, -1, 0.5F, 4, 7, -2, 0};  // three rows of width 3
const std::vector<std::uint8_t> kWritten{0, 1, 1};

std::vector<float> edited(const SiteEdit& edit, std::vector<float> states = kStates) {
    edit({.values = states, .width = 3, .written = kWritten});
    return states;
}

/// Rows on which two states differ.
std::vector<int> changed(const std::vector<float>& states) {
    std::vector<int> rows;
    for (int row = 0; row < 3; ++row) {
        const auto at = row * 3;
        if (!std::equal(states.begin() + at, states.begin() + at + 3, kStates.begin() + at)) {
            rows.push_back(row);
        }
    }
    return rows;
}

TEST(SteerEdit, AddsTheScaledDirection) {
    const auto states = edited(steer_edit({1, 0, -2}, 0.5F, Scope::all));
    EXPECT_EQ(states, (std::vector<float>{1.5F, 2, 2, -0.5F, 0.5F, 3, 7.5F, -2, -1}));
}

TEST(SteerEdit, OfNoStrengthChangesNoBit) {
    auto states = kStates;
    states[4] = -0.0F;
    const auto before = states;
    const auto after = edited(steer_edit({1, 2, 3}, 0.0F, Scope::all), states);
    EXPECT_EQ(after, before);
    EXPECT_EQ(edited(ablate_edit({1, 2, 3}, 0.0F, Scope::all)), kStates);
    EXPECT_NE(edited(steer_edit({1, 2, 3}, 1e-3F, Scope::all)), kStates);  // the control
}

TEST(Edits, ActOnTheRowsInScope) {
    for (const auto& make : {steer_edit, ablate_edit}) {
        EXPECT_EQ(changed(edited(make({1, 2, 3}, 1.0F, Scope::all))), (std::vector{0, 1, 2}));
        EXPECT_EQ(changed(edited(make({1, 2, 3}, 1.0F, Scope::written))), (std::vector{1, 2}));
        EXPECT_EQ(changed(edited(make({1, 2, 3}, 1.0F, Scope::prompt))), (std::vector{0}));
    }
}

float along(const std::vector<float>& states, int row, const std::vector<float>& direction) {
    float sum = 0.0F;
    for (std::size_t i = 0; i < 3; ++i) {
        sum += states[static_cast<std::size_t>(row) * 3 + i] * direction[i];
    }
    return sum;
}

TEST(AblateEdit, TakesTheDirectionOutAndNothingElse) {
    const std::vector<float> direction{2, -1, 2};
    const std::vector<float> across{1, 2, 0};  // orthogonal to it
    const auto once = ablate_edit(direction, 1.0F, Scope::all);
    const auto states = edited(once);
    const auto twice = edited(once, states);
    for (int row = 0; row < 3; ++row) {
        EXPECT_NEAR(along(states, row, direction), 0.0F, 1e-5F);
        EXPECT_NEAR(along(states, row, across), along(kStates, row, across), 1e-5F);
        EXPECT_GT(std::abs(along(kStates, row, direction)), 1.0F);  // there was something to take
    }
    for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_NEAR(twice[i], states[i], 1e-5F);  // idempotent
    }
}

TEST(AblateEdit, KnowsTheLineNotTheVector) {
    const auto one = edited(ablate_edit({2, -1, 2}, 0.5F, Scope::all));
    const auto other = edited(ablate_edit({-20, 10, -20}, 0.5F, Scope::all));
    for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_NEAR(one[i], other[i], 1e-5F);
    }
    EXPECT_NEAR(along(one, 0, {2, -1, 2}), 0.5F * along(kStates, 0, {2, -1, 2}), 1e-5F);
    EXPECT_EQ(edited(ablate_edit({0, 0, 0}, 1.0F, Scope::all)), kStates);
}

ControlVector vector_of(int width) {
    ControlVector vector{.path = "v.gguf", .width = width};
    for (const int layer : {1, 2, 5, 9}) {
        vector.directions[layer] =
            std::vector<float>(static_cast<std::size_t>(width), static_cast<float>(layer));
    }
    return vector;
}

std::vector<std::string> nodes(const LayerRange& range, int n_layer = 8) {
    std::vector<std::string> names;
    for (const auto& hook :
         residual_sites(Steer{.path = "v.gguf", .layers = range}, vector_of(3), n_layer, 3)) {
        names.push_back(hook.node);
    }
    return names;
}

using Names = std::vector<std::string>;

TEST(ResidualSites, AreTheLayersInRange) {
    EXPECT_EQ(nodes({}), (Names{"l_out-1", "l_out-2", "l_out-5"}));  // 9 is beyond the model
    EXPECT_EQ(nodes({.first = 2}), (Names{"l_out-2", "l_out-5"}));
    EXPECT_EQ(nodes({.first = 2, .last = 2}), Names{"l_out-2"});
    EXPECT_EQ(nodes({.last = 4}), (Names{"l_out-1", "l_out-2"}));
}

TEST(ResidualSites, EachTakesItsOwnDirection) {
    const auto sites = residual_sites(Steer{.path = "v.gguf", .scale = 2.0F}, vector_of(3), 8, 3);
    EXPECT_EQ(edited(sites.at(2).edit)[0], kStates[0] + 2.0F * 5.0F);
    const auto ablations = residual_sites(Ablate{.path = "v.gguf"}, vector_of(3), 8, 3);
    EXPECT_NEAR(along(edited(ablations.at(0).edit), 0, {1, 1, 1}), 0.0F, 1e-5F);
}

TEST(ResidualSites, SayWhatDoesNotFit) {
    const auto sites = [](const LayerRange& range, int width) {
        return residual_sites(Steer{.path = "v.gguf", .layers = range}, vector_of(3), 8, width);
    };
    EXPECT_ERROR(sites({}, 4), "directions of width 4 (the model's), got 3 in v.gguf");
    EXPECT_ERROR(sites({.first = 8}, 3), "layers within 0-7");
    EXPECT_ERROR(sites({.last = 12}, 3), "layers within 0-7");
    EXPECT_ERROR(sites({.first = 3, .last = 4}, 3), "got directions for layers 1-9 in v.gguf");
    EXPECT_ERROR(sites({.first = 6, .last = 7}, 3), "layers 6-7");
}

}  // namespace
}  // namespace otherwise
