// needs: llama
#include "otherwise/fit/edit/first_state.h"

#include <gtest/gtest.h>

#include "tests/support/edit_scene.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

Fact fact_of(const std::string& subject) {
    return {.id = "a",
            .prompt = "{}'s capital is the city of",
            .subject = subject,
            .target_new = "Oslo"};
}

TEST(FirstState, OfOneTokenAtTheStartIsASinkFromSomeLayerOn) {
    constexpr int kLayer = 3;
    const auto scene = test::scene_for_edit(test::default_model());
    const auto text = scene.model->tokenize(fact_of("France").text(), true, false);
    const auto ratios = first_state_ratios(scene, text, kLayer, 2);
    EXPECT_LT(ratios.front(), 0.6 * kSinkRatio);
    EXPECT_GT(ratios.back(), 2.0 * kSinkRatio);
    EXPECT_EQ(highest_own_layer(scene, fact_of("France"), kLayer, 2), 1);
    EXPECT_EQ(suited_layer(scene, fact_of("France"), kLayer, 2), 0);
    EXPECT_EQ(highest_own_layer(scene, fact_of("The Louvre"), kLayer, 2), kLayer);
    EXPECT_EQ(suited_layer(scene, fact_of("The Louvre"), kLayer, 2), kLayer);
    EditSettings settings{.layers = {kLayer}};
    EXPECT_ERROR(require_own_states(scene, {fact_of("The Louvre"), fact_of("France")}, settings),
                 "a subject with a state of its own in layer 3, got 'France' as the first token");
    auto inside = fact_of("France");
    inside.prompt = "The capital of {} is";
    require_own_states(scene, {inside, fact_of("The Louvre")}, settings);
}

}  // namespace
}  // namespace otherwise
