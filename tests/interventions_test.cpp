// needs: llama
//
// Each intervention does to the logits what it says: against llama.cpp's own control vectors and
// LoRAs, and against states read by a second hook. And what the engine writes under it is the
// definition: one row at a time, the slow race, the clocks of the string.
#include <gtest/gtest.h>
#include <llama-cpp.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "otherwise/base/hash.h"
#include "otherwise/mechanism/mechanism.h"
#include "otherwise/model/adapter.h"
#include "otherwise/noise/race.h"
#include "otherwise/world/edits.h"
#include "otherwise/world/opened.h"
#include "otherwise/world/prompt.h"
#include "tests/support/expect_error.h"
#include "tests/support/logits.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

using test::dense_file;
using test::kPrompt;
using test::kRounding;
using test::kWidth;
using test::largest_difference;
using test::Rows;

class Interventions : public test::LogitsOfWorlds {};

TEST_F(Interventions, SteerIsLlamasControlVector) {
    const auto vector = load_control_vector(vector_path());
    std::vector<float> data(static_cast<std::size_t>(kWidth * (model_->n_layer() - 1)));
    for (const auto& [layer, direction] : vector.directions) {
        std::ranges::transform(direction, data.begin() + kWidth * (layer - 1),
                               [](float x) { return 1.5F * x; });
    }
    const Rows theirs = by_llama([&](llama_context* context, bool) {
        EXPECT_EQ(llama_set_adapter_cvec(context, data.data(), data.size(), kWidth, 9, 11), 0);
    });
    const Rows ours =
        logits({Steer{.path = vector_path(), .scale = 1.5F, .layers = {.first = 9, .last = 11}}});
    EXPECT_LE(largest_difference(ours, theirs), kRounding);
    // Controls: without the vector, and in other layers.
    EXPECT_GT(largest_difference(by_llama(), theirs), 1.0F);
    EXPECT_GT(largest_difference(logits({Steer{.path = vector_path(), .scale = 1.5F}}), theirs),
              0.1F);
}

TEST_F(Interventions, AblateRemovesTheDirection) {
    constexpr int kLayer = 10;
    auto unit = load_control_vector(vector_path()).directions.at(kLayer);
    float norm = 0.0F;
    for (const float x : unit) {
        norm += x * x;
    }
    for (float& x : unit) {
        x /= std::sqrt(norm);
    }
    // The largest |x · v| / |x| over the rows after the edits of the world.
    const auto along = [&](const WorldPlan& plan) {
        auto world = open(plan);
        float most = 0.0F;
        world.prototype.sites.push_back(
            {.node = residual_node(kLayer), .edit = [&](SiteRows states) {
                 for (std::size_t row = 0; row < states.written.size(); ++row) {
                     double dot = 0.0;
                     double square = 0.0;
                     for (std::size_t i = 0; i < unit.size(); ++i) {
                         const double x = states.values[row * unit.size() + i];
                         dot += x * unit[i];
                         square += x * x;
                     }
                     most = std::max(most, static_cast<float>(std::abs(dot) / std::sqrt(square)));
                 }
             }});
        (void)logits(world);
        return most;
    };
    const Ablate whole{.path = vector_path(), .layers = {.first = kLayer, .last = kLayer}};
    EXPECT_LT(along(test::world_of(factual_, "w", {whole})), 1e-5F);
    EXPECT_GT(along(factual_), 1e-2F);  // control
    Ablate half = whole;
    half.scale = 0.5F;
    EXPECT_GT(along(test::world_of(factual_, "w", {half})), 5e-3F);
}

TEST_F(Interventions, LoraScopes) {
    const llama_adapter_lora_ptr adapter(
        llama_adapter_lora_init(model_->handle(), lora_path().c_str()));
    ASSERT_TRUE(adapter);
    const auto theirs = [&](bool on_prompt, bool on_written) {
        return by_llama([&](llama_context* context, bool written) {
            llama_adapter_lora* one = adapter.get();
            float scale = 0.8F;
            const std::size_t count = (written ? on_written : on_prompt) ? 1 : 0;
            EXPECT_EQ(llama_set_adapters_lora(context, &one, count, &scale), 0);
        });
    };
    const auto ours = [&](Scope scope) {
        return logits({UseLora{.path = lora_path(), .scale = 0.8F, .scope = scope}});
    };
    const Rows all = ours(Scope::all);
    const Rows prompt = ours(Scope::prompt);
    const Rows written = ours(Scope::written);
    EXPECT_LE(largest_difference(all, theirs(true, true)), kRounding);
    EXPECT_LE(largest_difference(prompt, theirs(true, false)), kRounding);
    EXPECT_LE(largest_difference(written, theirs(false, true)), kRounding);
    const Rows none = logits(std::vector<Intervention>{});
    EXPECT_LE(largest_difference(none, theirs(false, false)), kRounding);
    for (const auto* a : {&all, &prompt, &written}) {
        for (const auto* b : {&all, &prompt, &written, &none}) {
            if (a != b) {
                EXPECT_GT(largest_difference({a->back()}, {b->back()}), 0.1F);
            }
        }
    }
}

TEST_F(Interventions, SteerScopes) {
    const auto steered = [&](Scope scope) {
        return logits({Steer{.path = vector_path(), .scope = scope}});
    };
    const Rows none = logits(std::vector<Intervention>{});
    const Rows all = steered(Scope::all);
    const Rows written = steered(Scope::written);
    const Rows prompt = steered(Scope::prompt);
    const auto rows = [](const Rows& r, int from, int to) {
        return Rows(r.begin() + from, r.begin() + to);
    };
    EXPECT_EQ(rows(written, 0, kPrompt - 1), rows(none, 0, kPrompt - 1));
    EXPECT_EQ(rows(prompt, 0, kPrompt - 1), rows(all, 0, kPrompt - 1));
    EXPECT_GT(largest_difference({written[kPrompt - 1]}, {none[kPrompt - 1]}), 0.1F);
    EXPECT_GT(largest_difference({prompt.back()}, {none.back()}), 0.01F);
    EXPECT_GT(largest_difference({prompt.back()}, {all.back()}), 0.1F);
}

/// The string that a world writes, by the definition: one row at a time (in several streams, since
/// no call may have less than `least_rows`) and the slow race.
Tokens definition(const OpenedWorld& world, const Tokens& prompt, Place place, int limit,
                  const Model& factual, int least_rows) {
    const auto context = world.make_context(least_rows, 256, least_rows, least_rows);
    const auto streams = static_cast<std::size_t>(least_rows);
    Tokens tokens = prompt;
    LawScratch scratch;
    for (std::size_t i = 0;; ++i) {
        Call call{.first_stream = 0, .n_streams = least_rows, .n_rows = 1};
        call.tokens.assign(streams, tokens[i]);
        call.positions.assign(streams, static_cast<int>(i));
        call.wanted.assign(streams, 1);
        call.written.assign(streams, i + 1 >= prompt.size() ? 1 : 0);
        context->decode(call);
        if (i + 1 < tokens.size()) {
            continue;
        }
        place.position = static_cast<std::uint32_t>(i + 1 - prompt.size());
        const auto forced = world.forced.find(static_cast<int>(place.position));
        const Law law = make_law(world.plan.mechanism, context->logits(0), scratch);
        tokens.push_back(forced != world.forced.end() ? forced->second
                                                      : race_reference(law, Clocks(place)).winner);
        const auto written = static_cast<int>(tokens.size() - prompt.size());
        if (written >= limit || factual.ends(tokens.back())) {
            return {tokens.begin() + static_cast<std::ptrdiff_t>(prompt.size()), tokens.end()};
        }
    }
}

TEST_F(Interventions, StringsAreTheDefinition) {
    constexpr int kTokens = 14;
    constexpr std::uint64_t kSeed = 8;
    save_affine(dense_file("l_out"), affine_path());
    const std::vector<WorldPlan> worlds{
        test::world_of(factual_, "coarse",
                       {UseModel{.path = test::derived_model("Q2_K").string()}}),
        test::world_of(factual_, "steered",
                       {Steer{.path = vector_path(), .scale = 0.7F, .scope = Scope::written},
                        Ablate{.path = vector_path(), .layers = {.first = 12}}}),
        test::world_of(factual_, "mapped",
                       {Affine{.path = affine_path(), .scale = 0.5F, .scope = Scope::written}}),
        test::world_of(factual_, "forced", {Force{.position = 3, .text = " nobody", .tokens = {}}}),
        test::world_of(factual_, "cooler", {SetTemperature{0.7F}, SetTopP{0.9F}}),
        test::world_of(factual_, "greedy", {SetTemperature{0.0F}}),
        test::world_of(factual_, "cache", {CacheKeys{.type = "q8_0"}, CacheValues{.type = "q8_0"}}),
        test::world_of(factual_, "prefix", {Prefix{"A rumour: "}, Suffix{" perhaps"}})};
    const auto strings = test::short_prompts(3);
    const auto outcome =
        test::run(factual_, worlds, strings, test::session_options(kTokens, 2, kSeed));
    // The definition takes the probe's remedies, as every call of the run did.
    std::vector<OpenedWorld> opened;
    for (const auto& plan : worlds) {
        opened.push_back(open(plan, outcome.repacked));
    }
    opened.push_back(open(factual_, outcome.repacked));  // for the null world
    int changed = 0;
    for (const auto& pair : outcome.pairs) {
        const auto& world = opened[static_cast<std::size_t>(pair.world)];
        const auto& subject = outcome.subjects[static_cast<std::size_t>(pair.string)];
        const Place place{.seed = kSeed,
                          .string = hash64(subject.id),
                          .sample = static_cast<std::uint32_t>(pair.sample)};
        const auto prompt =
            prompt_tokens(*model_, world.plan.prompt, {.text = subject.prompt, .tokens = {}});
        EXPECT_EQ(pair.counterfactual.tokens,
                  definition(world, prompt, place, kTokens, *model_, outcome.least_rows))
            << world.plan.name << ", string " << subject.id << ", " << outcome.least_rows
            << " rows, repacked " << outcome.repacked;
        EXPECT_EQ(pair.world_prompt != nullptr, world.plan.name == "prefix");
        EXPECT_TRUE(pair.role != WorldRole::null || pair.unchanged());
        changed += pair.unchanged() ? 0 : 1;
    }
    EXPECT_GT(changed, 15);
    for (std::size_t world = 0; world < worlds.size(); ++world) {
        const bool network = world < 3 || worlds[world].name == "cache";
        EXPECT_EQ(outcome.report.effects[world].logits_differ,
                  network || worlds[world].name == "prefix");
    }
}

TEST_F(Interventions, DoKeepsTheNoiseAligned) {
    const auto strings = test::short_prompts(12);
    const auto plain = test::run(factual_, {}, {strings[0]}, test::session_options(10, 1));
    const Tokens written = plain.pairs[0].factual->tokens;
    const Tokens other = model_->tokenize(" zebra", false, false);
    const std::vector<WorldPlan> worlds{
        test::world_of(factual_, "same",
                       {Force{.position = 4, .text = "", .tokens = {written[4]}}}),
        test::world_of(factual_, "other",
                       {Force{.position = 4, .text = "", .tokens = {other[0]}}})};
    const auto outcome = test::run(factual_, worlds, {strings[0]}, test::session_options(10, 1));
    EXPECT_EQ(outcome.pairs[0].counterfactual.tokens, written);
    EXPECT_EQ(outcome.warnings,
              std::vector<std::string>{"world 'same' acted and changed no logit"});
    const Tokens& forced = outcome.pairs[1].counterfactual.tokens;
    EXPECT_EQ(outcome.pairs[1].lcp, 4);
    EXPECT_TRUE(std::equal(written.begin(), written.begin() + 4, forced.begin()));
    EXPECT_EQ(forced.at(4), other[0]);
}

TEST_F(Interventions, PromptWorldsSayTheirPrompt) {
    factual_.prompt.chat = true;
    factual_.prompt.system = "You are brief.";
    const std::vector<WorldPlan> worlds{
        test::world_of(factual_, "poet", {SystemPrompt{"You are a poet."}}),
        test::world_of(factual_, "polite", {Prefix{"Please: "}, Suffix{" Thank you."}}),
        test::world_of(factual_, "twin", {SystemPrompt{"You are brief."}})};
    const auto outcome =
        test::run(factual_, worlds, test::short_prompts(4), test::session_options(10, 1));
    for (const auto& pair : outcome.pairs) {
        const bool changes = pair.world < 2;
        ASSERT_EQ(pair.world_prompt != nullptr, changes);
        if (changes) {
            const auto& text = outcome.subjects[static_cast<std::size_t>(pair.string)].prompt;
            const auto expected =
                pair.world == 0 ? "You are a poet.<|im_end|>" : "Please: " + text + " Thank you.";
            EXPECT_THAT(model_->text(*pair.world_prompt, true), testing::HasSubstr(expected));
        }
    }
    EXPECT_GT(outcome.divergences(0), 0);
    EXPECT_EQ(outcome.divergences(2), 0);
    EXPECT_THAT(outcome.warnings, testing::ElementsAre(testing::HasSubstr("'twin'")));
}

/// A copy of a model file in which one token of the vocabulary has another name of equal length.
void write_renamed(const std::string& from, const std::filesystem::path& to) {
    std::ifstream in(from, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const std::string name =
        "\xC4\xA0"
        "because";
    const std::string stored = std::string("\x09\0\0\0\0\0\0\0", 8) + name;
    const auto at = bytes.find(stored);
    ASSERT_NE(at, std::string::npos);
    bytes[at + stored.size() - 1] = 'Q';
    std::ofstream(to, std::ios::binary) << bytes;
}

TEST_F(Interventions, AnotherVocabularyIsRefused) {
    write_renamed(factual_.model, folder_ / "renamed.gguf");
    const auto world =
        test::world_of(factual_, "alien", {UseModel{.path = (folder_ / "renamed.gguf").string()}});
    EXPECT_ERROR(test::run(factual_, {world}, test::short_prompts(1), test::session_options(4, 1)),
                 "becausQ");
}

TEST_F(Interventions, ModelFilesAreNeverChanged) {
    const std::string before = sha256_file(factual_.model);
    const auto tuned = test::world_of(factual_, "tuned",
                                      {UseLora{.path = lora_path()}, Steer{.path = vector_path()}});
    (void)test::run(factual_, {tuned}, test::short_prompts(4), test::session_options(6, 1));
    EXPECT_EQ(sha256_file(factual_.model), before);
    EXPECT_EQ(Model::load(factual_.model)->hash(), before);
}

}  // namespace
}  // namespace otherwise
