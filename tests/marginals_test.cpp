// needs: llama
//
// Marginals: over many samples of the noise the tokens that a world writes at one position follow
// that world's own law, whatever it shares with the others. Laws are computed apart from the
// engine, from one row of logits of a context. 4,000 samples each.
//
// Chi-square, cells that expect fewer than 10 pooled; each of the 18 comparisons fails with
// probability 1e-6 when the law is true, and the seed is fixed.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "otherwise/mechanism/mechanism.h"
#include "otherwise/noise/test_help.h"
#include "otherwise/world/opened.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr int kSamples = 4000;

/// The world's law of the token after `tokens`, from a context of its own.
std::vector<double> law_after(const WorldPlan& plan, const Tokens& tokens) {
    ModelShelf shelf({});
    const auto model = shelf.get(plan);
    const auto world = open_world(plan, shelf, *model, {});
    const auto context = world.make_context(2, 256, 126, 2);
    Call call{.first_stream = 0, .n_streams = 1, .n_rows = static_cast<int>(tokens.size())};
    call.tokens = tokens;
    call.positions = {0};
    call.wanted.assign(tokens.size(), 1);
    call.written.assign(tokens.size(), 1);
    context->decode(call);
    LawScratch scratch;
    return test::probabilities(make_law(plan.mechanism, context->logits(call.size() - 1), scratch));
}

class Marginals : public testing::TestWithParam<Mechanism> {
protected:
    Marginals() {
        factual_.mechanism = GetParam();
        test::write_vector(folder_ / "vector.gguf", 576, 10, 14, 12.0F);
    }

    /// Tokens counted at `position`: the factual world's first, then each world's.
    [[nodiscard]] std::vector<std::vector<std::size_t>> count(const std::vector<WorldPlan>& worlds,
                                                              int position) const {
        auto options = test::session_options(position + 1, kSamples, 20);
        options.parallel = 240;  // 17 prefills of the prompt a world
        options.null_strings = FloorStrings::none;
        const auto outcome = test::run(factual_, worlds, {test::short_prompts(3)[2]}, options);
        const std::vector<std::size_t> none(49152);
        std::vector<std::vector<std::size_t>> counts(worlds.size() + 1, none);
        const auto at = static_cast<std::size_t>(position);
        for (const auto& pair : outcome.pairs) {
            if (pair.world == 0) {
                ++counts[0][static_cast<std::size_t>(pair.factual->tokens.at(at))];
            }
            ++counts[static_cast<std::size_t>(pair.world) + 1]
                    [static_cast<std::size_t>(pair.counterfactual.tokens.at(at))];
        }
        return counts;
    }

    void expect_laws(int position, const Tokens& before) {
        const std::vector<WorldPlan> worlds{
            test::world_of(factual_, "coarse",
                           {UseModel{.path = test::derived_model("Q2_K").string()}}),
            test::world_of(factual_, "steered",
                           {Steer{.path = (folder_ / "vector.gguf").string()}})};
        const auto counts = count(worlds, position);
        const auto factual = law_after(factual_, before);
        const double own = test::chi_square_deviate(counts[0], factual);
        EXPECT_LT(own, test::kDeviateLimit) << "factual";
        for (std::size_t w = 0; w < worlds.size(); ++w) {
            const auto law = law_after(worlds[w], before);
            EXPECT_LT(test::chi_square_deviate(counts[w + 1], law), test::kDeviateLimit)
                << worlds[w].name;
            // Controls: neither world's counts fit the other world's law.
            EXPECT_GT(test::chi_square_deviate(counts[0], law), 2.0 * test::kDeviateLimit)
                << worlds[w].name;
            EXPECT_GT(test::chi_square_deviate(counts[w + 1], factual), 2.0 * test::kDeviateLimit)
                << worlds[w].name;
        }
    }

    [[nodiscard]] Tokens prompt() const {
        const auto model = Model::load(factual_.model, {.vocabulary_only = true});
        return model->tokenize(*test::short_prompts(3)[2].prompt, true, true);
    }

    test::TemporaryFolder folder_;
    WorldPlan factual_ = test::plan_of(test::derived_model("Q4_0"));
};

TEST_P(Marginals, AtTheFirstPosition) { expect_laws(0, prompt()); }

TEST_P(Marginals, AfterACommonPrefix) {
    const auto model = Model::load(factual_.model, {.vocabulary_only = true});
    const Tokens forced = model->tokenize(" was the only", false, false);
    ASSERT_EQ(forced.size(), 3U);
    factual_.forces.push_back({.position = 0, .text = "", .tokens = forced});
    Tokens before = prompt();
    before.insert(before.end(), forced.begin(), forced.end());
    expect_laws(3, before);
}

/// The quantized weights in floating point.
class SmoothMarginals : public Marginals {
protected:
    SmoothMarginals() { factual_.weights = "f32"; }
};

TEST_P(SmoothMarginals, AtTheFirstPosition) { expect_laws(0, prompt()); }

INSTANTIATE_TEST_SUITE_P(Full, SmoothMarginals, testing::Values(Mechanism{}));

INSTANTIATE_TEST_SUITE_P(Mechanisms, Marginals,
                         testing::Values(Mechanism{}, Mechanism{.top_k = 40},
                                         Mechanism{.temperature = 0.8F, .top_p = 0.9F}),
                         [](const auto& test) {
                             return test.param.top_k > 0      ? "TopK"
                                    : test.param.top_p < 1.0F ? "TopP"
                                                              : "Full";
                         });

}  // namespace
}  // namespace otherwise
