// needs: llama
#include "otherwise/world/edits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "otherwise/model/adapter.h"
#include "otherwise/model/heads_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

using Names = std::vector<std::string>;

/// Shifts of the layer's number, in layers 1, 2, 5 and 9.
EditFile file_of(int width, bool vector = true) {
    EditFile file{.maps = {.path = "v.gguf", .node = "l_out", .width = width}, .vector = vector};
    for (const int layer : {1, 2, 5, 9}) {
        file.maps.maps[layer].bias =
            std::vector<float>(static_cast<std::size_t>(width), static_cast<float>(layer));
    }
    return file;
}

Site site_of(int n_layer, int width, const std::string& node = "l_out") {
    Site site{.node = node, .meaning = "", .layers = {}, .width = width};
    site.layers.resize(static_cast<std::size_t>(n_layer));
    std::iota(site.layers.begin(), site.layers.end(), 0);
    return site;
}

Names nodes(const LayerRange& range, const StateEdit& like = Steer{.path = "v.gguf"},
            bool vector = true) {
    StateEdit edit = like;
    std::visit([&](auto& item) { item.layers = range; }, edit);
    Names names;
    for (const auto& step : node_steps(edit, file_of(3, vector), site_of(8, 3), 8)) {
        names.push_back(step.node);
    }
    return names;
}

TEST(NodeSteps, AreTheLayersInRange) {
    EXPECT_EQ(nodes({}), (Names{"l_out-1", "l_out-2", "l_out-5"}));  // 9 is beyond the model
    EXPECT_EQ(nodes({.first = 2}), (Names{"l_out-2", "l_out-5"}));
    EXPECT_EQ(nodes({.first = 2, .last = 2}), Names{"l_out-2"});
    EXPECT_EQ(nodes({.last = 4}), (Names{"l_out-1", "l_out-2"}));
    EXPECT_EQ(nodes({.last = 4}, Affine{.path = "v.gguf"}, false), (Names{"l_out-1", "l_out-2"}));
}

TEST(NodeSteps, SayWhatDoesNotFit) {
    const auto steps = [](const LayerRange& range, int width, bool vector = true) {
        return node_steps(Steer{.path = "v.gguf", .layers = range}, file_of(3, vector),
                          site_of(8, width), 8);
    };
    EXPECT_ERROR(steps({}, 4), "directions of width 4 (the model's at l_out), got 3 in v.gguf");
    EXPECT_ERROR(steps({.first = 8}, 3), "layers within 0-7");
    EXPECT_ERROR(steps({.last = 12}, 3), "layers within 0-7");
    EXPECT_ERROR(steps({.first = 3, .last = 4}, 3), "got directions for layers 1-9 in v.gguf");
    EXPECT_ERROR(steps({.first = 6, .last = 7}, 3), "layers 6-7");
    // Of an affine file a layer beyond the model is no accident.
    EXPECT_ERROR(steps({}, 3, false),
                 "layers that have a node 'l_out' in this model (0 to 7), got "
                 "layer 9 in v.gguf");
    Site gaps = site_of(8, 3);
    gaps.layers = {0, 5, 7};
    EXPECT_ERROR(node_steps(Affine{.path = "v.gguf"}, file_of(3, false), gaps, 8), "got layer 1");
}

const std::vector<float> kStates{1, 2, 3, -1, 0.5F, 4, 7, -2, 0};  // three rows of width 3
const std::vector<std::uint8_t> kWritten{0, 1, 1};

std::vector<float> edited(const Hook& hook) {
    auto states = kStates;
    hook.edit({.values = states, .width = 3, .written = kWritten});
    return states;
}

std::vector<Hook> hooks(const std::vector<StateEdit>& edits) {
    std::vector<NodeStep> steps;
    for (const auto& edit : edits) {
        for (auto& step : node_steps(edit, file_of(3), site_of(8, 3), 8)) {
            steps.push_back(std::move(step));
        }
    }
    return hooks_of(steps, 1);
}

TEST(HooksOf, EachNodeTakesItsOwnDirection) {
    const auto steers = hooks({Steer{.path = "v.gguf", .scale = 2.0F}});
    ASSERT_EQ(steers.size(), 3U);
    EXPECT_EQ(steers.at(2).node, "l_out-5");
    EXPECT_EQ(edited(steers.at(2))[0], kStates[0] + 2.0F * 5.0F);
    EXPECT_FALSE(steers.at(2).reads_only);
    const auto ablated = edited(hooks({Ablate{.path = "v.gguf"}}).at(0));
    EXPECT_NEAR(ablated[0] + ablated[1] + ablated[2], 0.0F, 1e-5F);
    EXPECT_NEAR(ablated[0] - ablated[1], kStates[0] - kStates[1], 1e-5F);
}

TEST(HooksOf, OneHookANodeInTheOrderGiven) {
    const Steer steer{.path = "v.gguf"};
    const Ablate ablate{.path = "v.gguf"};
    const auto sum = [&](const std::vector<StateEdit>& edits) {
        const auto all = hooks(edits);
        EXPECT_EQ(all.size(), 3U);
        const auto states = edited(all.front());
        return states[0] + states[1] + states[2];
    };
    EXPECT_NEAR(sum({steer, ablate}), 0.0F, 1e-5F);
    EXPECT_NEAR(sum({ablate, steer}), 3.0F, 1e-5F);
    EXPECT_NEAR(sum({steer, steer}), 6.0F + 6.0F, 1e-5F);
}

TEST(HooksOf, AHookWithoutStrengthOnlyReads) {
    const auto all = hooks({Steer{.path = "v.gguf", .scale = 0.0F}});
    EXPECT_TRUE(all.front().reads_only);
    EXPECT_EQ(edited(all.front()), kStates);
}

TEST(NudgeMaps, ScaleEveryValueByItsSize) {
    constexpr int kWidth = 1000;
    constexpr float kSize = 0.25F;
    const Nudge nudge{.scale = kSize, .layers = {.first = 2, .last = 3}};
    const auto steps = node_steps(nudge, nudge_maps(nudge, kWidth, 8), site_of(8, kWidth), 8);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps.front().node, "l_out-2");
    const auto hooks = hooks_of(steps, 1);
    std::vector<float> states(kWidth, 2.0F);
    const std::vector<std::uint8_t> written{1};
    hooks.front().edit({.values = states, .width = kWidth, .written = written});
    int up = 0;
    for (const float x : states) {
        EXPECT_EQ(std::abs(x - 2.0F), 2.0F * kSize);
        up += x > 2.0F ? 1 : 0;
    }
    EXPECT_NEAR(up, kWidth / 2, 80);  // 5 standard deviations
}

TEST(NudgeMaps, DifferBySeedAndLayerOnly) {
    const auto signs = [](int seed, int layer) {
        const Nudge nudge{.layers = {.first = layer, .last = layer}, .seed = seed};
        return nudge_maps(nudge, 64, 8).maps.maps.at(layer).diagonal;
    };
    EXPECT_EQ(signs(1, 3), signs(1, 3));
    EXPECT_NE(signs(1, 3), signs(2, 3));
    EXPECT_NE(signs(1, 3), signs(1, 4));
}

class LoadEditFile : public testing::Test {
protected:
    static constexpr int kWidth = 2;
    static constexpr int kLayers = 8;
    [[nodiscard]] std::string path() const { return (folder_ / "f.gguf").string(); }
    void save(AffineMap map) const {
        AffineFile file{.path = "", .node = "ffn_out", .width = 2};
        file.maps[3] = std::move(map);
        save_affine(file, path());
    }
    test::TemporaryFolder folder_;
};

TEST_F(LoadEditFile, TakesEachForm) {
    save_control_vector({.path = "", .model_hint = "", .width = 2, .directions = {{4, {1, 2}}}},
                        path());
    const EditFile vector = load_edit_file(Steer{.path = path()}, kWidth, kLayers);
    EXPECT_TRUE(vector.vector);
    EXPECT_EQ(vector.maps.node, "l_out");
    EXPECT_EQ(vector.maps.maps.at(4).bias, (std::vector<float>{1, 2}));
    save({.bias = {1, 2}});
    for (const StateEdit& edit : std::vector<StateEdit>{
             Steer{.path = path()}, Ablate{.path = path()}, Affine{.path = path()}}) {
        const EditFile shift = load_edit_file(edit, kWidth, kLayers);
        EXPECT_FALSE(shift.vector);
        EXPECT_EQ(shift.maps.node, "ffn_out");
        EXPECT_EQ(shift.maps.maps.at(3).bias, (std::vector<float>{1, 2}));
    }
    save_heads({.path = "", .n_head = 1, .head_width = 2, .shifts = {{7, {3, 4}}}}, path());
    const EditFile heads = load_edit_file(Heads{.path = path()}, kWidth, kLayers);
    EXPECT_EQ(heads.n_head, 1);
    EXPECT_EQ(heads.maps.node, "kqv_out");
    EXPECT_EQ(heads.maps.maps.at(7).bias, (std::vector<float>{3, 4}));
}

TEST_F(LoadEditFile, SaysHowAFileIsUsed) {
    save({.bias = {1, 2}, .diagonal = {1, 2}});
    EXPECT_NO_THROW(static_cast<void>(load_edit_file(Affine{.path = path()}, kWidth, kLayers)));
    EXPECT_ERROR(load_edit_file(Steer{.path = path()}, kWidth, kLayers),
                 "got a diagonal W in layer 3");
    EXPECT_ERROR(load_edit_file(Ablate{.path = path()}, kWidth, kLayers), "use it with affine:");
    EXPECT_ERROR(load_edit_file(Heads{.path = path()}, kWidth, kLayers), "use it with affine:");
    save_heads({.path = "", .n_head = 1, .head_width = 2, .shifts = {{7, {3, 4}}}}, path());
    EXPECT_ERROR(load_edit_file(Steer{.path = path()}, kWidth, kLayers), "use it with heads:");
    EXPECT_ERROR(load_edit_file(Affine{.path = path()}, kWidth, kLayers), "use it with heads:");
}

TEST(CheckFittedOn, ComparesTheHash) {
    const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
    AffineFile file{.path = "a.gguf", .node = "l_out"};
    EXPECT_NO_THROW(check_fitted_on(file, *model));  // does not say
    file.notes = {{"otherwise.fit.model_sha256", model->hash()}};
    EXPECT_NO_THROW(check_fitted_on(file, *model));
    file.notes = {{"otherwise.fit.model_sha256", std::string("0123456789abcdef")},
                  {"otherwise.fit.model_name", std::string("Other")}};
    EXPECT_ERROR(check_fitted_on(file, *model),
                 "got one fitted on 'Other', sha256 0123456789ab…, in 'a.gguf'; ");
    EXPECT_ERROR(check_fitted_on(file, *model), "`force`");
}

}  // namespace
}  // namespace otherwise
