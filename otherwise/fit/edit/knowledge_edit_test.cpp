// needs: llama
#include "otherwise/fit/edit/knowledge_edit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>

#include "otherwise/fit/edit/check.h"
#include "otherwise/fit/edit/continuations.h"
#include "otherwise/fit/edit/layer_sweep.h"
#include "otherwise/fit/edit/presets.h"
#include "otherwise/fit/edit/prompts.h"
#include "otherwise/fit/states/states.h"
#include "otherwise/model/adapter.h"
#include "otherwise/world/edits.h"
#include "tests/support/edit_scene.h"
#include "tests/support/expect_error.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

constexpr std::size_t kBudget = std::size_t{1} << 30U;

Fact fact_of(const std::string& subject, const std::string& answer) {
    return {.id = subject,
            .prompt = "the {} was made in",
            .subject = subject,
            .target_new = answer,
            .target_true = "iron",
            .paraphrases = {"old " + subject + " made in"},
            .neighbors = {{.prompt = "the garden was made in", .answer = "salt"}}};
}

class Edit : public testing::TestWithParam<std::string> {
protected:
    [[nodiscard]] EditScene scene() const {
        return test::scene_for_edit(test::tiny_model(folder_, GetParam()));
    }
    [[nodiscard]] EditSettings settings(EditMethod method) const {
        EditSettings s{.method = method, .prefixes = 2};
        s.layers = method == EditMethod::rome ? std::vector<int>{1} : std::vector<int>{0, 1};
        s.text.tokens = 300;
        s.covariance_weight = 1e-3;
        s.target.steps = 40;
        s.target.rate = 0.3;
        s.cache = folder_ / "cache";
        return s;
    }
    [[nodiscard]] KnowledgeEdit edit(const EditScene& scene, const std::vector<Fact>& facts,
                                     const EditSettings& settings) const {
        check_edit(scene, facts, settings);
        return edit_facts(scene, facts, settings, edit_memory(scene, facts, settings, kBudget), {});
    }
    test::TemporaryFolder folder_;
};

double new_answer(const EditScene& scene, const Fact& fact, const CheckOptions& options) {
    return *check_facts(scene.model, {fact}, options).front().scores.new_on_prompt.mean();
}

/// What a node holds at the subject of the fact's bare prompt.
std::vector<float> at_subject(const EditScene& scene, const Fact& fact, const std::string& node,
                              const std::vector<LowRankEdit>& edits) {
    const auto prompt = edit_prompts(*scene.model, {fact}, {}).front();
    std::vector<float> rows;
    int width = 0;
    const std::vector<Tokens> texts{prompt.rows};
    (void)read_states(scene.model, texts,
                      {.nodes = {node},
                       .edits = edit_hooks(scene.architecture, edits),
                       .on_states = [&](const TextStates& states) {
                           width = states.width;
                           rows.insert(rows.end(), states.values.begin(), states.values.end());
                       }});
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(prompt.subject) * width;
    return {begin, begin + width};
}

std::vector<float> difference(const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<float> result(a.size());
    std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
    return result;
}

double length(const std::vector<float>& x) {
    return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

TEST_P(Edit, RomeAddsItsValueAtTheSubject) {
    const auto s = scene();
    const auto fact = fact_of("river", "a");
    const auto edited = edit(s, {fact}, settings(EditMethod::rome));
    ASSERT_EQ(edited.layers.size(), 1U);
    const auto node = value_node(1);
    const auto moved =
        difference(at_subject(s, fact, node, edited.layers), at_subject(s, fact, node, {}));
    const auto& delta = edited.layers.front().write;
    EXPECT_LT(length(difference(moved, delta)), 1e-2 * length(delta));
    if (!s.architecture.form.post_norms) {  // a norm over random weights hardly lets it through
        EXPECT_GT(edited.facts.front().parts.probability, 1.5 * new_answer(s, fact, {}));
    }
}

TEST_P(Edit, TheAdapterDoesWhatTheHooksDo) {
    const auto s = scene();
    const auto fact = fact_of("river", "a");
    const auto edited = edit(s, {fact}, settings(EditMethod::rome));
    const double before = new_answer(s, fact, {});
    const double hooked = new_answer(s, fact, {.edits = edit_hooks(s.architecture, edited.layers)});
    EXPECT_NE(hooked, before);
    const auto path = folder_ / "edit.gguf";
    save_lora(lora_of(s.architecture, edited.layers, {{"general.name", std::string("river")}}),
              path);
    const auto lora = Lora::load(s.model, path);
    EXPECT_NEAR(std::log(new_answer(s, fact, {.loras = {{.lora = lora}}})), std::log(hooked), 2e-2);
    // at scale 0 the model is as it was, bit for bit
    EXPECT_EQ(new_answer(s, fact, {.loras = {{.lora = lora, .scale = 0.0F}}}), before);
}

TEST_P(Edit, MemitReachesItsGoalOverItsLayers) {
    const auto s = scene();
    const auto fact = fact_of("river", "a");
    auto one = settings(EditMethod::rome);
    one.prefixes = 0;
    auto many = settings(EditMethod::memit);
    many.prefixes = 0;
    many.covariance_weight = 1e-9;
    const auto delta = edit(s, {fact}, one).layers.front().write;  // the same search
    const auto edited = edit(s, {fact}, many);
    ASSERT_EQ(edited.layers.size(), 2U);
    const auto node = residual_node(1);
    const auto before = at_subject(s, fact, node, {});
    const auto moved = difference(at_subject(s, fact, node, edited.layers), before);
    if (s.architecture.form.post_norms) {  // the norm in between lets it come near only
        const auto goal =
            difference(at_subject(s, fact, node, edit(s, {fact}, one).layers), before);
        EXPECT_LT(length(difference(moved, goal)), 0.7 * length(goal));
    } else {
        EXPECT_LT(length(difference(moved, delta)), 2e-2 * length(delta));
        // the control: the first layer's half alone
        const auto half = difference(at_subject(s, fact, node, {edited.layers.front()}), before);
        EXPECT_GT(length(difference(half, delta)), 0.2 * length(delta));
    }
}

TEST_P(Edit, MemitTakesSeveralFacts) {
    const auto s = scene();
    const std::vector<Fact> facts{fact_of("river", "a"), fact_of("castle song", "b")};
    const auto edited = edit(s, facts, settings(EditMethod::memit));
    ASSERT_EQ(edited.facts.size(), 2U);
    EXPECT_EQ(edited.layers.front().rank, 2);
    EXPECT_EQ(edited.layers.back().write.size(),
              2 * static_cast<std::size_t>(s.architecture.width));
}

TEST_P(Edit, IsTheSameWhateverTheThreadsAndTheCache) {
    const auto s = scene();
    const auto facts = std::vector<Fact>{fact_of("river", "a")};
    auto plain = settings(EditMethod::rome);
    plain.target.steps = 3;
    const auto first = edit(s, facts, plain);  // fills the cache
    for (const int threads : {1, 2}) {
        plain.threads = threads;
        const auto again = edit(s, facts, plain);
        EXPECT_EQ(again.layers.front().read, first.layers.front().read);
        EXPECT_EQ(again.layers.front().write, first.layers.front().write);
    }
    plain.cache.clear();
    EXPECT_EQ(edit(s, facts, plain).layers.front().read, first.layers.front().read);
    plain.text.tokens = 700;
    EXPECT_NE(edit(s, facts, plain).layers.front().read, first.layers.front().read);
}

INSTANTIATE_TEST_SUITE_P(Architectures, Edit, testing::ValuesIn(editable_architectures()),
                         [](const auto& model) { return model.param; });

class EditLlama : public Edit {};
INSTANTIATE_TEST_SUITE_P(Only, EditLlama, testing::Values("llama"),
                         [](const auto& model) { return model.param; });

TEST_P(EditLlama, SaysWhatIsWrongBeforeItStarts) {
    const auto s = scene();
    const auto rome = settings(EditMethod::rome);
    const std::vector<Fact> one{fact_of("river", "a")};
    auto wrong = rome;
    wrong.layers = {4};
    EXPECT_ERROR(check_edit(s, one, wrong), "layers from 0 to 3 in ascending order, got 4");
    wrong.layers = {0, 1};
    EXPECT_ERROR(check_edit(s, one, wrong), "one layer for rome, got 2");
    EXPECT_ERROR(check_edit(s, {one[0], fact_of("sea", "salt")}, rome), "one fact for rome, got 2");
    wrong.layers = {3};
    EXPECT_ERROR(check_edit(s, one, wrong), "below 3, the last, got 3: there the subject 'river'");
    auto ends = one;  // its subject's state is the one that the answer is read from
    ends.front().prompt = "made in the {}";
    check_edit(s, ends, wrong);
    wrong = rome;
    wrong.text.corpus = folder_ / "small.txt";
    std::ofstream(wrong.text.corpus) << "the king of the sea\n";
    EXPECT_ERROR(check_edit(s, one, wrong), "a corpus of at least 256 tokens");
    wrong.text.corpus = folder_ / "none.txt";
    EXPECT_ERROR(check_edit(s, one, wrong), "a text file for the covariance");
    wrong = rome;
    wrong.text.tokens = 10;
    EXPECT_ERROR(check_edit(s, one, wrong), "at least 256 tokens for the covariance");
}

TEST_P(EditLlama, TheMemoryThatIsSaidCountsTheFacts) {
    const auto s = scene();
    const auto memit = settings(EditMethod::memit);
    std::vector<Fact> facts;
    const auto most = [&](std::size_t n) {
        while (facts.size() < n) {
            facts.push_back(fact_of("river " + std::to_string(facts.size()), "a"));
        }
        return edit_memory(s, facts, memit, kBudget).most();
    };
    // At the end there are the changes of every layer, in F32, and in the adapter once more.
    const std::size_t change =
        static_cast<std::size_t>(s.architecture.inner + s.architecture.width) *
        memit.layers.size() * sizeof(float);
    const auto few = most(20);
    const auto many = most(1020);
    EXPECT_GT(many, few + 2 * 1000 * change);
    EXPECT_LT(many, few + 100 * 1000 * change);
}

TEST_P(EditLlama, ACancelledEditGivesNothingAndKeepsItsCovariance) {
    const auto s = scene();
    const auto rome = settings(EditMethod::rome);
    const std::vector<Fact> facts{fact_of("river", "a")};
    bool stop = false;
    EditWatch watch{.on_phase = [&](EditPhase phase) { stop = phase == EditPhase::target; },
                    .cancelled = [&] { return stop; }};
    const auto memory = edit_memory(s, facts, rome, kBudget);
    EXPECT_TRUE(edit_facts(s, facts, rome, memory, watch).layers.empty());
    EXPECT_FALSE(std::filesystem::is_empty(rome.cache));
    stop = true;
    watch.on_phase = {};
    auto fresh = rome;
    fresh.cache = folder_ / "other";
    EXPECT_TRUE(edit_facts(s, facts, fresh, memory, watch).layers.empty());
    EXPECT_FALSE(std::filesystem::exists(fresh.cache));
}

TEST_P(EditLlama, ACorpusServesForTheCovariance) {
    const auto s = scene();
    auto rome = settings(EditMethod::rome);
    rome.text = {.corpus = folder_ / "corpus.txt"};
    std::ofstream file(rome.text.corpus);
    for (int i = 0; i < 60; ++i) {
        file << "the king of the sea found a ship and the bird wrote " << i << " letters\n";
    }
    file.close();
    EXPECT_EQ(edit(s, {fact_of("river", "a")}, rome).layers.size(), 1U);
    rome.text.tokens = 512;  // two whole blocks of keys, and none left
    EXPECT_EQ(edit(s, {fact_of("river", "a")}, rome).layers.size(), 1U);
}

TEST_P(EditLlama, SweepsLayers) {
    const auto s = scene();
    auto rome = settings(EditMethod::rome);
    rome.target.steps = 4;
    const auto [trials, best, edited] = sweep_layers(s, {fact_of("river", "a")}, rome, kBudget, {});
    ASSERT_EQ(trials.size(), layer_candidates(EditMethod::rome, s.architecture).size());
    for (std::size_t i = 0; i < trials.size(); ++i) {
        EXPECT_LE(trials[i].score(), trials[best].score());
        EXPECT_TRUE(i >= best || trials[i].score() < trials[best].score());  // the first of equals
    }
    rome.layers = trials[best].layers;
    EXPECT_EQ(edited->layers.front().layer, rome.layers.front());
    EXPECT_EQ(edited->layers.front().write,
              edit(s, {fact_of("river", "a")}, rome).layers.front().write);
    const auto none =
        sweep_layers(s, {fact_of("river", "a")}, rome, kBudget, {.cancelled = [] { return true; }});
    EXPECT_TRUE(none.trials.empty());
    EXPECT_EQ(none.edit, nullptr);
}

TEST(EditPresets, AreThePapers) {
    const Architecture xl{.form = {.name = "gpt2"}, .n_layer = 48, .width = 1600, .inner = 6400};
    EXPECT_EQ(preset_settings("gpt2-xl", EditMethod::rome, xl).layers, std::vector<int>{17});
    const auto memit = preset_settings("gpt2-xl", EditMethod::memit, xl);
    EXPECT_EQ(memit.layers, (std::vector<int>{13, 14, 15, 16, 17}));
    EXPECT_EQ(memit.target.kl_weight, 0.0625);
    EXPECT_EQ(memit.target.decay, 0.5);
    EXPECT_NEAR(memit.covariance_weight * xl.inner, 20000.0, 1e-6);
    EXPECT_EQ(preset_note("gpt2-xl", xl), "");
    auto small = xl;
    small.n_layer = 12;
    EXPECT_NE(preset_note("gpt2-xl", small).find("for GPT-2 XL (gpt2, 48 layers"),
              std::string::npos);
    EXPECT_ERROR(preset_settings("gpt3", EditMethod::rome, xl), "a preset (gpt2-xl)");
}

TEST(EditableArchitectures, OthersAreToldTheList) {
    const auto path = test::default_model();
    EXPECT_EQ(architecture_of(GgufFile::open(path)).inner, 1536);
    const test::TemporaryFolder folder;
    write_gguf(folder / "x.gguf", {{"general.architecture", std::string("mamba")}}, {});
    EXPECT_ERROR(architecture_of(GgufFile::open(folder / "x.gguf")),
                 "(llama, qwen2, qwen3, gemma3, gpt2, phi3, olmo2; Mistral and SmolLM2 are llama), "
                 "got mamba");
}

}  // namespace
}  // namespace otherwise
