// needs: llama
//
// Worlds opened on a tiny model of two blocks: what is loaded, where it first acts, what is
// refused.
#include "otherwise/world/opened.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class OpenWorld : public testing::Test {
protected:
    explicit OpenWorld(const std::string& more = "")
        : files_("tiny.write_model('a.gguf')" + (more.empty() ? "" : "; " + more)) {}

    [[nodiscard]] WorldPlan plan(std::vector<Intervention> interventions) const {
        WorldPlan factual;
        factual.model = files_.path("a.gguf");
        return with_interventions(factual,
                                  {.name = "w", .interventions = std::move(interventions)});
    }
    [[nodiscard]] OpenedWorld open(std::vector<Intervention> interventions,
                                   const OpenOptions& options = {}) {
        const auto factual = shelf_.get(plan({}));
        return open_world(plan(std::move(interventions)), shelf_, *factual, options);
    }
    /// Logits after the one prompt of two tokens, whose second row is in scope `written`.
    [[nodiscard]] static std::vector<float> logits(const OpenedWorld& world) {
        const auto context = world.make_context(2, 256, 64, 2);
        Call call{.first_stream = 0, .n_streams = 1, .n_rows = 2};
        call.tokens = {300, 301};
        call.positions = {0};
        call.wanted = {1, 1};
        call.written = {0, 1};
        context->decode(call);
        const auto row = context->logits(1);
        return {row.begin(), row.end()};
    }

    test::TinyFiles files_;
    ModelShelf shelf_{{}};
};

TEST_F(OpenWorld, LoadsEachModelOnceForEachTypeOfWeights) {
    const auto stored = shelf_.get(plan({}));
    EXPECT_EQ(shelf_.get(plan({SetTemperature{0.5F}})), stored);
    const auto as_f16 = shelf_.get(plan({UseWeights{"f16"}}));
    EXPECT_NE(as_f16, stored);
    EXPECT_EQ(as_f16->options().weights, "f16");
    EXPECT_EQ(shelf_.get(plan({UseWeights{"f16"}})), as_f16);
    const auto& sites = shelf_.sites(plan({}));
    EXPECT_EQ(&shelf_.sites(plan({SetTemperature{0.5F}})), &sites);
    EXPECT_TRUE(std::ranges::any_of(sites, [](const Site& site) {
        return site.node == "l_out" && site.layers == std::vector{0, 1} && site.width == 64;
    }));
}

TEST_F(OpenWorld, SaysWhereOtherWeightsChangeNothingOrNoRounding) {
    EXPECT_THAT(open({UseWeights{"f32"}}).notes, ElementsAre("its weights are f32 already"));
    EXPECT_THAT(open({UseWeights{"f16"}}).notes,
                ElementsAre(HasSubstr("no weight was quantized, so no activation was rounded to 8 "
                                      "bits; f16 only changes")));
}

TEST_F(OpenWorld, TakesTheRuntimeFromThePlan) {
    const auto world =
        open({CacheKeys{"q8_0"}, CacheValues{"bf16"}, FlashAttention{"on"}}, {.threads = 3});
    EXPECT_EQ(world.prototype.cache_keys, "q8_0");
    EXPECT_EQ(world.prototype.cache_values, "bf16");
    EXPECT_EQ(world.prototype.flash_attention, "on");
    EXPECT_EQ(world.prototype.threads, 3);
    const Shape shape = world.make_context(3, 300, 40, 2)->shape();
    EXPECT_EQ(shape.n_streams, 3);
    EXPECT_EQ(shape.stream_length, 512);  // a multiple of 256
    EXPECT_EQ(shape.max_rows, 40);
    EXPECT_EQ(shape.min_rows, 2);
    EXPECT_EQ(shape.n_vocab, world.model->n_vocab());
}

TEST_F(OpenWorld, ForcesTokensOneAfterTheOther) {
    const auto world =
        open({Force{.position = 2, .tokens = {7, 8}}, Force{.position = 3, .text = " a"}});
    const Tokens one = world.model->continuation(" a", true);
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(world.forced, (std::map<int, Token>{{2, 7}, {3, one[0]}}));
    EXPECT_ERROR(open({Force{.position = 2, .text = ""}}),
                 "do:2 with a text of at least one token");
    for (const Token outside : {-1, world.model->n_vocab()}) {
        EXPECT_ERROR(open({Force{.position = 0, .tokens = {7, outside}}}),
                     std::to_string(outside) + " in world 'w'");
    }
}

TEST_F(OpenWorld, TurnsBiasedTextsIntoTokensAndLeavesOutZeros) {
    const auto world =
        open({Bias{.text = " a", .value = 2.0F}, Bias{.token = 9, .value = -kInfinity},
              Bias{.token = 10, .value = 0.0F}, SetTemperature{0.5F}});
    const auto& mechanism = world.plan.mechanism;
    EXPECT_EQ(mechanism.temperature, 0.5F);
    ASSERT_EQ(mechanism.biases.size(), 2U);
    EXPECT_EQ(mechanism.biases[0].token, world.model->continuation(" a", true)[0]);
    EXPECT_EQ(mechanism.biases[0].nats, 2.0F);
    EXPECT_EQ(mechanism.biases[1].token, 9);
    EXPECT_EQ(mechanism.biases[1].nats, -kInfinity);
    EXPECT_ERROR(open({Bias{.text = " a a", .value = 1.0F}}), "which is 2 (' a', ' a')");
    EXPECT_ERROR(open({Bias{.text = "", .value = 1.0F}}), "bias: with a text of one token");
    EXPECT_ERROR(open({Bias{.token = world.model->n_vocab(), .value = 0.0F}}), "in world 'w'");
}

TEST_F(OpenWorld, RefusesPatchesAtNoSite) {
    EXPECT_ERROR(open({Patch{.donor = "x", .site = "nowhere"}}),
                 "a node 'nowhere' in the graph of llama");
    EXPECT_ERROR(open({Patch{.donor = "x", .layers = {2, 2}}}), "2");
    const auto world = open({Patch{.donor = "x", .layers = {1, 1}}, Patch{.donor = "x"}});
    EXPECT_THAT(world.edit_layers, ElementsAre(1, 0));
    ASSERT_EQ(world.patches.size(), 2U);
    EXPECT_EQ(world.patches[1].item.donor, "x");
}

class OpenEdits : public OpenWorld {
protected:
    OpenEdits()
        : OpenWorld(
              "tiny.write_vector('v.gguf'); tiny.write_vector('gpt.gguf', hint='gpt2'); "
              "tiny.write_affine('m.gguf', node='ffn_out', layers=(0, 1)); "
              "tiny.write_affine('none.gguf', node='nowhere'); "
              "tiny.write_affine('other.gguf', notes=(('model_sha256', 'ab' * 32),)); "
              "tiny.write_heads('h.gguf'); tiny.write_heads('h4.gguf', heads=4, width=16)") {}
};

TEST_F(OpenEdits, ActFromTheirFirstBlock) {
    const auto world =
        open({Steer{.path = files_.path("v.gguf")}, Heads{.path = files_.path("h.gguf")},
              Affine{.path = files_.path("m.gguf")},
              Affine{.path = files_.path("m.gguf"), .layers = {1, -1}}, Nudge{}});
    EXPECT_THAT(world.edit_layers, ElementsAre(1, 1, 0, 1, 0));
    EXPECT_TRUE(world.notes.empty());
    EXPECT_FALSE(world.prototype.sites.empty());
}

TEST_F(OpenEdits, ChangeLogitsByTheirScale) {
    const auto path = files_.path("v.gguf");
    const auto plain = logits(open({}));
    EXPECT_EQ(logits(open({Steer{.path = path, .scale = 0.0F}})), plain);
    EXPECT_NE(logits(open({Steer{.path = path}})), plain);
    // The second row is the written one.
    EXPECT_EQ(logits(open({Steer{.path = path, .scope = Scope::prompt}})), plain);
    EXPECT_EQ(logits(open({Steer{.path = path, .scope = Scope::written}})),
              logits(open({Steer{.path = path}})));
}

TEST_F(OpenEdits, SayWhichModelAFileNames) {
    EXPECT_THAT(open({Steer{.path = files_.path("gpt.gguf")}}).notes,
                ElementsAre(HasSubstr("says that it was made for gpt2; the model is llama")));
}

TEST_F(OpenEdits, MustFitTheModel) {
    EXPECT_ERROR(open({Affine{.path = files_.path("none.gguf")}}),
                 "a node 'nowhere' in the graph of llama");
    EXPECT_ERROR(open({Heads{.path = files_.path("h4.gguf")}}), "shifts of 2 heads a layer");
    EXPECT_ERROR(open({Affine{.path = files_.path("other.gguf")}}), "fitted");
    EXPECT_NO_THROW((void)open({Affine{.path = files_.path("other.gguf")}}, {.force = true}));
}

class OpenLoras : public OpenWorld {
protected:
    OpenLoras()
        : OpenWorld(
              "shapes = lambda n, i, o: {n + '.lora_a': (i, 2), n + '.lora_b': (2, o)}; "
              "tiny.write_lora('zero.gguf'); "
              "tiny.write_lora('one.gguf', shapes=shapes('blk.1.ffn_up.weight', 64, 128)); "
              "tiny.write_lora('end.gguf', shapes=shapes('output.weight', 64, "
              "len(tiny.vocabulary()[0])))") {}
};

TEST_F(OpenLoras, KnowTheirFirstBlock) {
    const auto world = open({UseLora{.path = files_.path("one.gguf"), .scale = 0.5F},
                             UseLora{.path = files_.path("zero.gguf"), .scope = Scope::written},
                             UseLora{.path = files_.path("end.gguf")}});
    EXPECT_THAT(world.lora_layers, ElementsAre(1, 0, 1));
    ASSERT_EQ(world.prototype.loras.size(), 3U);
    EXPECT_EQ(world.prototype.loras[0].scale, 0.5F);
    EXPECT_TRUE(world.prototype.loras[0].on_prompt);
    EXPECT_FALSE(world.prototype.loras[1].on_prompt);
    EXPECT_TRUE(world.prototype.loras[1].on_written);
}

TEST_F(OpenLoras, ActOnce) {
    const auto path = files_.path("zero.gguf");
    const auto plain = logits(open({}));
    EXPECT_EQ(logits(open({UseLora{.path = path, .scale = 0.0F}})), plain);
    EXPECT_NE(logits(open({UseLora{.path = path}})), plain);
}

class OpenModels : public OpenWorld {
protected:
    OpenModels()
        : OpenWorld(
              "tiny.write_model('more.gguf', unused=('<extra>',)); "
              "tiny.write_model('words.gguf', tokens=[t.replace('London', 'Berlin') for t in "
              "tiny.vocabulary()[0]])") {}
};

TEST_F(OpenModels, WithTokensOfTheirOwnAreCompared) {
    const auto n = static_cast<Token>(shelf_.get(plan({}))->n_vocab());
    const auto world = open({UseModel{files_.path("more.gguf")}});
    EXPECT_EQ(world.model->n_vocab(), n + 1);
    EXPECT_EQ(world.differing, Tokens{n});
    EXPECT_THAT(world.first_differing, HasSubstr("<extra>"));
    EXPECT_ERROR(open({UseModel{files_.path("more.gguf")}}, {.strict_vocabulary = true}),
                 "<extra>");
    EXPECT_ERROR(open({UseModel{files_.path("words.gguf")}}), "Berlin");
    EXPECT_TRUE(open({}).differing.empty());
}

}  // namespace
}  // namespace otherwise
