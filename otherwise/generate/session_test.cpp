// needs: llama
//
// What a session plans and runs, on a tiny model of two blocks. Covers also: session_floors.cpp,
// session_sharing.cpp, session_vocabulary.cpp, session_plan.cpp, session_patches.cpp,
// session_notes.cpp, session_run.cpp (contexts, scene, verdict) and model_sizes.cpp.
// tests/null_world_test.cpp and its neighbours hold runs of real models against each other.
#include "otherwise/generate/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/expect_error.h"
#include "tests/support/session_scene.h"

namespace otherwise {
namespace {

using test::SessionScene;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::size_t kState = 64 * sizeof(float);

TEST(NullSelection, IsOneInTwentyAndAtLeast32SpreadEvenly) {
    const auto count = [](std::size_t n) { return std::ranges::count(null_selection(n), true); };
    EXPECT_EQ(count(0), 0);
    EXPECT_EQ(count(5), 5);
    EXPECT_EQ(count(32), 32);
    EXPECT_EQ(count(33), 32);
    EXPECT_EQ(count(640), 32);
    EXPECT_EQ(count(641), 33);
    EXPECT_EQ(count(1000), 50);
    const auto selected = null_selection(1000);
    for (std::size_t i = 0; i < selected.size(); ++i) {
        EXPECT_EQ(selected[i], i % 20 == 19) << i;
    }
}

class SessionFloors : public testing::Test {
protected:
    SessionScene scene_{"tiny.write_vector('v.gguf'); tiny.write_lora('l.gguf')"};
    WorldPlan steered_ = scene_.world("steered", {Steer{.path = scene_.files.path("v.gguf")}});
    WorldPlan hot_ = scene_.world("hot", {SetTemperature{2.0F}});
};

TEST_F(SessionFloors, ComeAfterTheWorldsOneNudgeForEachSite) {
    scene_.options.null_strings = scene_.options.nudge_strings = FloorStrings::some;
    const auto one = scene_.open({steered_, hot_});
    EXPECT_THAT(one.world_names(), ElementsAre("steered", "hot", "null", "nudge"));
    EXPECT_EQ(one.role(1), WorldRole::change);
    EXPECT_EQ(one.role(2), WorldRole::null);
    EXPECT_EQ(one.role(3), WorldRole::nudge);
    EXPECT_EQ(one.nudge_of(0), 3U);
    EXPECT_EQ(one.nudge_of(1), std::nullopt);  // its states are the factual ones
    EXPECT_EQ(one.nudge_of(2), std::nullopt);

    const auto adapted = scene_.world("adapted", {UseLora{scene_.files.path("l.gguf")}});
    const auto two = scene_.open({steered_, adapted, hot_});
    EXPECT_THAT(two.world_names(),
                ElementsAre("steered", "adapted", "hot", "null", "nudge-0", "nudge-1"));
    EXPECT_EQ(two.nudge_of(0), 5U);  // the vector acts after block 1, the LoRA in block 0
    EXPECT_EQ(two.nudge_of(1), 4U);
}

TEST_F(SessionFloors, AreThereAsAsked) {
    EXPECT_THAT(scene_.open({steered_}).world_names(), ElementsAre("steered"));
    scene_.options.nudge_strings = FloorStrings::some;
    EXPECT_THAT(scene_.open({hot_}).world_names(), ElementsAre("hot"));
    scene_.options.nudge_strings = FloorStrings::all;  // in any case
    EXPECT_THAT(scene_.open({hot_}).world_names(), ElementsAre("hot", "nudge"));
}

TEST_F(SessionFloors, RunOnTheirStrings) {
    scene_.strings.clear();
    for (int i = 0; i < 40; ++i) {
        scene_.strings.push_back(SessionScene::tokens(std::to_string(i), 3));
    }
    scene_.options.null_strings = FloorStrings::all;
    scene_.options.nudge_strings = FloorStrings::some;
    const auto session = scene_.open({steered_});
    EXPECT_THAT(session.strings_of(0), IsEmpty());
    EXPECT_EQ(session.strings_of(1), std::vector<bool>(40, true));
    EXPECT_EQ(session.strings_of(2), null_selection(40));
    EXPECT_EQ(session.estimate().pairs, 40 + 40 + 32);
    EXPECT_EQ(session.estimate().null_strings, 40);
    EXPECT_EQ(session.estimate().nudge_strings, 32);
}

class SessionTest : public testing::Test {
protected:
    SessionScene scene_{"tiny.write_vector('v.gguf')"};
    [[nodiscard]] WorldPlan hot() const { return scene_.world("hot", {SetTemperature{2.0F}}); }
    [[nodiscard]] WorldPlan steered(float scale = 1.0F) const {
        return scene_.world("steered",
                            {Steer{.path = scene_.files.path("v.gguf"), .scale = scale}});
    }
};

TEST_F(SessionTest, WorldsOfTheFactualNetworkAndPromptsShareIt) {
    scene_.options.null_strings = FloorStrings::all;
    const std::vector<WorldPlan> worlds{
        hot(), scene_.world("do", {Force{.position = 1, .tokens = {300}}}), steered(),
        scene_.world("in", {Prefix{"in "}}), scene_.world("sure", {SetTemperature{0.0F}})};
    const auto shared = [&] {
        const auto session = scene_.open(worlds);
        std::string text;
        for (std::size_t w = 0; w < session.world_names().size(); ++w) {
            text += session.shares(w) ? '+' : '-';
            text += session.shares_network(w) ? "n " : " ";
        }
        return text;
    };
    EXPECT_EQ(shared(), "+n +n - - +n - ");  // the null world checks the evaluation
    scene_.options.samples = 2;
    EXPECT_EQ(shared(), "+n +n - - -n - ");  // of many samples one sure string
    scene_.options.read_only = true;
    EXPECT_EQ(shared(), "+n +n - - +n - ");
}

TEST_F(SessionTest, PlansFromItsStringsAndWorlds) {
    scene_.strings = {SessionScene::tokens("x", 5), SessionScene::tokens("y", 7, 9)};
    scene_.options.samples = 3;
    const auto session = scene_.open({steered(), scene_.world("in", {Prefix{"in"}})});
    const Estimate& estimate = session.estimate();
    EXPECT_EQ(estimate.strings, 2);
    EXPECT_EQ(estimate.pairs, 2 * 3 * 2);
    EXPECT_EQ(estimate.stream_length, 256);
    EXPECT_EQ(estimate.memory.parallel, 6);  // never more streams than samples
    EXPECT_EQ(estimate.budget, std::size_t{1} << 30U);
    EXPECT_EQ(estimate.model_bytes, session.model().size_bytes());
    EXPECT_EQ(estimate.shape_reason, "from the memory");
    EXPECT_EQ(session.prompt_length(0, -1), 5);
    EXPECT_EQ(session.prompt_length(1, 0), 7);
    EXPECT_EQ(session.prompt_length(1, 1), 9);  // "i", "n"
    EXPECT_EQ(session.subjects()[1].observed->size(), 9U);
}

TEST_F(SessionTest, OtherModelsCountOnce) {
    auto other = scene_.factual;
    other.name = "same";
    const auto one = scene_.open({other, hot()});
    EXPECT_EQ(one.estimate().model_bytes, one.model().size_bytes());
    scene_.files.write("b.gguf", scene_.files.read("a.gguf"));
    other.model = scene_.files.path("b.gguf");
    EXPECT_EQ(scene_.open({other, other}).estimate().model_bytes, 2 * one.model().size_bytes());
}

TEST_F(SessionTest, ContextsTakeWhatTheirSizesSay) {
    const auto session = scene_.open({});
    const auto& plan = session.estimate();
    const auto sizes = sizes_of(session.model(), ContextOptions{});
    EXPECT_EQ(sizes.n_vocab, session.model().n_vocab());
    ContextOptions options;
    options.n_streams = plan.memory.parallel + 1;  // and a companion
    options.stream_length = plan.stream_length;
    options.max_rows = plan.memory.max_rows;
    EXPECT_EQ(plan.memory.contexts, context_bytes(session.model(), options));
    EXPECT_EQ(sizes.context_bytes(options.n_streams, options.stream_length, options.max_rows),
              plan.memory.contexts);
    options.cache_keys = "f32";  // what else a context has goes with it
    EXPECT_GT(sizes_of(session.model(), options).context_bytes(2, 256, 64),
              sizes.context_bytes(2, 256, 64));
}

TEST_F(SessionTest, StringsHaveToFitTheContext) {
    scene_.options.context = 10;
    scene_.strings = {SessionScene::tokens("x", 5)};
    EXPECT_ERROR(scene_.open({}), "5 + 6 for string 'x' in world 'factual'");
    scene_.options.tokens = 5;
    EXPECT_NO_THROW((void)scene_.open({}));
    EXPECT_ERROR(scene_.open({scene_.world("in", {Prefix{"in"}})}),
                 "7 + 5 for string 'x' in world 'in'");
    scene_.options.extra_tokens = 5;
    EXPECT_NO_THROW((void)scene_.open({}));
    scene_.options.extra_tokens = 6;
    EXPECT_ERROR(scene_.open({}), "11");
    scene_.options.context = 0;  // the model's own
    scene_.options.extra_tokens = 0;
    scene_.strings = {SessionScene::tokens("x", 252)};
    EXPECT_ERROR(scene_.open({}), "256 tokens (the context)");
}

TEST_F(SessionTest, AForceLiesWithinSomeString) {
    const auto at = [&](int position) {
        return scene_.world("do", {Force{.position = position, .tokens = {300}}});
    };
    EXPECT_NO_THROW((void)scene_.open({at(5)}));
    EXPECT_ERROR(scene_.open({at(6)}), "position 6 in world 'do'");
    scene_.strings = {SessionScene::tokens("x", 3, 9)};  // its text is longer than the limit
    EXPECT_NO_THROW((void)scene_.open({at(8)}));
    EXPECT_ERROR(scene_.open({at(9)}), "the strings' 9 tokens");
    const auto session = scene_.open({at(8), hot()});
    EXPECT_NO_THROW(session.check_reached(0, 9));
    EXPECT_ERROR(session.check_reached(0, 8), "strings of at most 8 tokens");
    EXPECT_NO_THROW(session.check_reached(1, 0));
}

TEST_F(SessionTest, RunsTheSameTwiceAndTheNullWorldChangesNothing) {
    scene_.options.null_strings = FloorStrings::all;
    scene_.options.samples = 4;
    auto session = scene_.open({steered(0.0F), steered(3.0F), hot()});
    const auto run = [&] {
        std::vector<Pair> pairs;
        RunCallbacks callbacks;
        callbacks.on_pair = [&](const Pair& pair) { pairs.push_back(pair); };
        const auto outcome = session.run(callbacks);
        EXPECT_EQ(outcome.pairs, 2 * 4 * 4);
        EXPECT_THAT(session.verdict(outcome),
                    ElementsAre("world 'steered' acted and changed no logit"));
        return pairs;
    };
    const auto pairs = run();
    std::vector<int> changed(4);
    for (const Pair& pair : pairs) {
        changed[static_cast<std::size_t>(pair.world)] += pair.unchanged() ? 0 : 1;
    }
    EXPECT_EQ(changed[0], 0);
    EXPECT_GT(changed[1], 0);
    EXPECT_EQ(changed[3], 0);
    const auto again = run();
    ASSERT_EQ(again.size(), pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        EXPECT_EQ(again[i].counterfactual.tokens, pairs[i].counterfactual.tokens);
    }
}

TEST_F(SessionTest, AnotherStrengthHasAContextOfItsOwn) {
    auto session = scene_.open({steered()});
    const auto context = session.context_for(steered(2.0F), 3);
    EXPECT_EQ(context->shape().n_streams, 4);  // and a companion
    EXPECT_EQ(context->shape().stream_length, session.estimate().stream_length);
}

class SessionVocabulary : public testing::Test {
protected:
    SessionScene scene_{"tiny.write_model('more.gguf', unused=('<extra>',))"};
};

TEST_F(SessionVocabulary, ATokenThatAModelLacksIsImpossibleEverywhere) {
    const auto more = scene_.world("more", {UseModel{scene_.files.path("more.gguf")}});
    EXPECT_THAT(scene_.open({}).masked(), IsEmpty());
    auto session = scene_.open({more, scene_.world("hot", {SetTemperature{2.0F}})});
    const Token extra = session.model().n_vocab();
    EXPECT_EQ(session.masked(), Tokens{extra});
    EXPECT_TRUE(session.is_masked(extra));
    EXPECT_FALSE(session.is_masked(extra - 1));
    for (const auto& world : session.scene().worlds) {
        EXPECT_EQ(world.rules.forbidden, Tokens{extra});
    }
    EXPECT_THAT(SessionScene::notes_of(session),
                Contains("1 token that not every model has is impossible in all worlds, as " +
                         session.worlds()[0].first_differing + " ('more')"));
    EXPECT_ERROR(scene_.open({scene_.world("do", {UseModel{scene_.files.path("more.gguf")},
                                                  Force{.position = 1, .tokens = {extra}}})}),
                 "do:1 in world 'do' with tokens that every model of the study has");
}

TEST_F(SessionVocabulary, ItsObservedStringsAreRefusedOrLeftOut) {
    scene_.factual.model = scene_.files.path("more.gguf");
    WorldPlan less = scene_.factual;
    less.name = "less";
    less.model = scene_.files.path("a.gguf");
    const Token vocabulary = scene_.open({}).model().n_vocab();
    auto string = SessionScene::tokens("x", 3);
    string.tokens = Tokens{300, vocabulary - 1};
    scene_.strings = {string};
    EXPECT_NO_THROW((void)scene_.open({}));
    EXPECT_ERROR(scene_.open({less}), "'<extra>' at position 1 of string 'x'");
    scene_.options.skip_impossible = true;
    EXPECT_NO_THROW((void)scene_.open({less}));
}

class SessionPatches : public testing::Test {
protected:
    SessionPatches() {
        scene_.strings = {{.id = "x", .prompt = "the house", .donor = "the house"},
                          {.id = "y", .prompt = "in winter", .donor = "the ships"}};
    }
    SessionScene scene_;
};

TEST_F(SessionPatches, DonorsAreInTheEstimateAndTheNotes) {
    const auto session = scene_.open({scene_.world("p", {Patch{.donor = "", .rows = {{-2, -1}}}})});
    EXPECT_EQ(session.estimate().donor_states, 2 * 2 * 2 * kState);
    EXPECT_THAT(SessionScene::notes_of(session).back(), HasSubstr(", 1 MB of donors' states"));
    EXPECT_EQ(scene_.open({}).estimate().donor_states, 0U);
}

TEST_F(SessionPatches, TheStringsOwnPromptAsItsDonorChangesNoBit) {
    auto session = scene_.open({scene_.world("p", {Patch{.donor = "", .layers = {0, 0}}})});
    std::map<int, bool> same;
    RunCallbacks callbacks;
    callbacks.on_pair = [&](const Pair& pair) {
        same[pair.string] = pair.unchanged() && pair.margin > 0.0;
    };
    const auto outcome = session.run(callbacks);
    EXPECT_TRUE(same[0]);
    EXPECT_THAT(session.verdict(outcome), IsEmpty());  // the other string's donor is another
    scene_.strings[1].donor = "in winter";
    auto null = scene_.open({scene_.world("p", {Patch{.donor = "", .layers = {0, 0}}})});
    EXPECT_THAT(null.verdict(null.run({})), ElementsAre("world 'p' acted and changed no logit"));
}

TEST_F(SessionPatches, DonorsHaveToFit) {
    const auto patched =
        scene_.world("p", {Patch{.donor = std::string(30, 'x'), .rows = {{-1, -1}}}});
    scene_.options.context = 31;
    EXPECT_NO_THROW((void)scene_.open({patched}));
    scene_.options.context = 30;
    EXPECT_ERROR(scene_.open({patched}), "donors of at most 29 tokens (the context)");
    scene_.options.context = 0;
    scene_.options.memory = 512;  // both layers of one row
    EXPECT_ERROR(scene_.open({patched}), "for the donors' states");
}

TEST(SessionNotes, SayHowMuchARunIs) {
    SessionScene scene;
    scene.options.samples = 2;
    const auto session = scene.open({scene.world("hot", {SetTemperature{2.0F}})});
    const auto contexts = session.estimate().memory.contexts / (std::size_t{1} << 20U) + 1;
    EXPECT_THAT(
        SessionScene::notes_of(session),
        Contains("4 pairs, 4 strings at once, " + std::to_string(contexts) + " MB of contexts"));
    scene.strings = {SessionScene::tokens("x", 3, 4)};
    EXPECT_THAT(SessionScene::notes_of(scene.open({})).back(),
                HasSubstr(" and at most 1 MB of stored laws"));
}

TEST(SessionNotes, SayWhatAWorldsOpeningFound) {
    SessionScene scene;
    scene.factual.weights = "f32";
    EXPECT_THAT(SessionScene::notes_of(scene.open({})),
                Contains("world 'factual': its weights are f32 already"));
}

TEST(SessionNotes, CountPromptsThatAreWrittenWithTheirStart) {
    SessionScene scene("tiny.write_sentencepiece_model('s.gguf')");
    scene.factual.model = scene.files.path("s.gguf");
    scene.strings = {SessionScene::prompt("x", "<s>the"), SessionScene::prompt("y", "<s>in"),
                     SessionScene::prompt("z", "a")};
    EXPECT_THAT(SessionScene::notes_of(scene.open({})),
                Contains("2 prompts begin with <s>, which the model starts every text with; it is "
                         "read once"));
    scene.strings.erase(scene.strings.begin());
    EXPECT_THAT(SessionScene::notes_of(scene.open({})),
                Contains(HasSubstr("1 prompt begins with")));
    scene.strings.erase(scene.strings.begin());
    EXPECT_THAT(SessionScene::notes_of(scene.open({})), Not(Contains(HasSubstr("with <s>"))));
}

}  // namespace
}  // namespace otherwise
