// needs: llama
#include "otherwise/api/compose.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "otherwise/base/date.h"
#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

using test::TemporaryFolder;

Study two_worlds() {
    Study study{.model = "m.gguf"};
    study.factual = {parse_item("temp:0.7")};
    study.worlds = {parse_world("hot=temp:1.5"), parse_world("sad=steer:sad.gguf:2")};
    return study;
}

TEST(Plans, FoldTheFactualItemsIntoEveryWorld) {
    const auto plans = plans_of(two_worlds(), {});
    EXPECT_EQ(plans.factual.mechanism.temperature, 0.7F);
    ASSERT_EQ(plans.worlds.size(), 2U);
    EXPECT_EQ(plans.worlds[0].mechanism.temperature, 1.5F);
    EXPECT_EQ(plans.worlds[1].mechanism.temperature, 0.7F);
    EXPECT_EQ(plans.worlds[1].name, "sad");
    EXPECT_EQ(plans.models(), (std::vector<std::string>{"m.gguf", "m.gguf", "m.gguf"}));
    EXPECT_EQ(files_of(plans.worlds[1]), (std::vector<std::string>{"m.gguf", "sad.gguf"}));
}

TEST(Plans, ADoInTheFactualWorldIsRefused) {
    Study study = two_worlds();
    study.factual = {parse_item("do:0: Maybe")};
    EXPECT_ERROR(plans_of(study, {}), "do: in a counterfactual world");
}

TEST(Plans, TheDefaultModelLiesInTheCacheFolder) {
    const TemporaryFolder folder;
    const Work work{.cache_folder = folder.path().string()};
    EXPECT_ERROR(model_path({}, work), folder.path().string());
    EXPECT_ERROR(model_path({}, {}), "expected a model");
    std::filesystem::create_directory(folder / "models");
    const auto model = folder / "models/SmolLM2-135M-Instruct.Q4_1.gguf";
    std::ofstream(model) << "x";
    EXPECT_EQ(model_path({}, work), model.string());
    EXPECT_EQ(model_path({.model = "other.gguf"}, work), "other.gguf");
}

TEST(PromptForm, NeedsChatForWhatOnlyChatHas) {
    EXPECT_ERROR(prompt_form({.system = "Talk."}), "got `system` alone");
    EXPECT_ERROR(prompt_form({.chat_date = "2026-01-01"}), "got `chat_date` alone");
    EXPECT_ERROR(prompt_form({.chat = true, .chat_date = "tomorrow"}), "tomorrow");
    EXPECT_EQ(prompt_form({.chat = true}).chat_clock, today());
    EXPECT_EQ(prompt_form({.chat = true, .chat_clock = "2020-02-03"}).chat_clock, "2020-02-03");
    EXPECT_EQ(prompt_form({}).chat_clock, "");
}

TEST(Clock, IsSettledOnlyWhereATemplateAsks) {
    Study study{.model = test::default_model().string(), .chat = true};
    const auto settled = [&] { return with_clock(study, plans_of(study, {})).chat_clock; };
    EXPECT_EQ(settled(), "");  // SmolLM2's template shows no day
    study.chat_template = "{{ strftime_now('%d %b %Y') }}{{ messages[0].content }}";
    EXPECT_EQ(settled(), today());
    study.chat_clock = "2020-02-03";
    EXPECT_EQ(settled(), "2020-02-03");
    study.chat_date = "2021-02-03";
    EXPECT_EQ(settled(), "");
}

TEST(Strings, ComeFromOneOfThreePlaces) {
    EXPECT_EQ(strings_of({.prompts = {"a", "b"}})[1].id, "2");
    EXPECT_EQ(strings_of({.prompts = {"a", "b"}, .limit = 1}).size(), 1U);
    EXPECT_ERROR(strings_of({.prompts = {"a", "\xFF"}}), "`prompt` number 2");

    std::istringstream input("one\ntwo\nthree\n");
    EXPECT_EQ(strings_of({.file = "-", .limit = 2}, &input)[1].prompt, "two");
    EXPECT_ERROR(strings_of({.file = "nowhere.txt"}), "no such file, 'nowhere.txt'");
    EXPECT_ERROR(strings_of({.file = "/"}), "a folder, '/'");

    InputString string;
    string.id = "mine";
    EXPECT_EQ(strings_of({.strings = {string, string}, .limit = 1})[0].id, "mine");
}

TEST(SessionOptions, AreTheStudysAndTheWorks) {
    const Study study{.gpu_layers = 3,
                      .no_repack = true,
                      .context = 99,
                      .vocabulary = "strict",
                      .fast = true,
                      .prompt_words = 4,
                      .skip_impossible = true,
                      .seed = 7,
                      .samples = 5,
                      .tokens = 6,
                      .null_strings = FloorStrings::all,
                      .nudge_strings = FloorStrings::none,
                      .independent = true};
    const auto options = session_options(study, {.threads = 2,
                                                 .parallel = 8,
                                                 .max_rows = 70,
                                                 .memory = 1000,
                                                 .force = true,
                                                 .cache_folder = "cache"});
    EXPECT_EQ(options.open.model.gpu_layers, 3);
    EXPECT_FALSE(options.open.model.repack);
    EXPECT_TRUE(options.open.strict_vocabulary);
    EXPECT_EQ(options.open.threads, 2);
    EXPECT_TRUE(options.open.force);
    EXPECT_EQ(options.context, 99);
    EXPECT_EQ(options.parallel, 8);
    EXPECT_EQ(options.max_rows, 70);
    EXPECT_EQ(options.memory, 1000U);
    EXPECT_TRUE(options.fast);
    EXPECT_EQ(options.costs, std::filesystem::path("cache/calls"));
    EXPECT_EQ(options.probes, std::filesystem::path("cache/probes"));
    EXPECT_EQ(options.null_strings, FloorStrings::all);
    EXPECT_EQ(options.nudge_strings, FloorStrings::none);
    EXPECT_EQ(options.split.words, 4);
    EXPECT_EQ(options.seed, 7U);
    EXPECT_EQ(options.samples, 5);
    EXPECT_EQ(options.tokens, 6);
    EXPECT_TRUE(options.independent);
    EXPECT_FALSE(options.stop_at_divergence);
    EXPECT_TRUE(options.skip_impossible);
    EXPECT_TRUE(session_options(study, {}).costs.empty());
}

}  // namespace
}  // namespace otherwise
