// needs: llama
#include "otherwise/study/new_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "otherwise/base/hash.h"
#include "tests/support/expect_error.h"
#include "tests/support/session_scene.h"

namespace otherwise {
namespace {

using test::SessionScene;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class NewRun : public testing::Test {
protected:
    NewRun() {
        scene_.options.null_strings = FloorStrings::some;
        scene_.options.nudge_strings = FloorStrings::some;
        study_.model = scene_.files.path("a.gguf");
        study_.prompts = {"the house of the", "in a winter"};
        study_.tokens = scene_.options.tokens;
        study_.worlds = {
            {.name = "steered",
             .interventions = {Steer{.path = scene_.files.path("v.gguf"), .scale = 2.0F}}},
            {.name = "hot", .interventions = {SetTemperature{2.0F}}}};
    }
    [[nodiscard]] Session session() {
        std::vector<WorldPlan> worlds;
        for (const auto& world : study_.worlds) {
            worlds.push_back(with_interventions(scene_.factual, world));
        }
        return scene_.open(worlds);
    }
    [[nodiscard]] RunHead head() {
        const auto opened = session();
        return head_of(opened, study_, this_machine(opened, 1), {});
    }

    SessionScene scene_{"tiny.write_vector('v.gguf')"};
    Study study_;
};

TEST_F(NewRun, SaysItsWorldsAndFloors) {
    const auto worlds = head().worlds;
    ASSERT_EQ(worlds.size(), 4U);
    EXPECT_EQ(worlds[0].name, "steered");
    EXPECT_EQ(worlds[0].items, "steer:" + scene_.files.path("v.gguf") + ":2");
    EXPECT_EQ(worlds[0].description, "steer v.gguf × 2");
    EXPECT_EQ(worlds[0].nudge, "nudge");
    EXPECT_EQ(worlds[1].nudge, "");
    EXPECT_EQ(worlds[2].name, "null");
    EXPECT_EQ(worlds[2].role, WorldRole::null);
    EXPECT_EQ(worlds[2].description, "the factual world");
    EXPECT_EQ(worlds[3].role, WorldRole::nudge);
}

TEST_F(NewRun, SaysItsStringsModelAndProbes) {
    const auto opened = session();
    study_.targets = {"king"};
    const auto head = head_of(opened, study_, this_machine(opened, 1), {.index = 2, .count = 3});
    EXPECT_EQ(head.model_sha256, sha256_file(study_.model));
    EXPECT_EQ(head.model_name, "Tiny");
    EXPECT_TRUE(head.smooth);  // F32
    EXPECT_EQ(head.tokens, 6);
    EXPECT_EQ(head.shard, (Shard{.index = 2, .count = 3}));
    EXPECT_EQ(head.targets, study_.targets);
    EXPECT_EQ(head.least_rows, opened.least_rows());
    ASSERT_EQ(head.probes.size(), 3U);
    EXPECT_EQ(head.probes[1].world, "steered");
    ASSERT_EQ(head.strings.size(), 2U);
    EXPECT_EQ(head.strings[1].subject.id, "y");
    EXPECT_EQ(head.strings[1].prompt_length, opened.prompt_length(1, -1));
    EXPECT_TRUE(head.strings[0].in_null && head.strings[0].in_nudge);
    EXPECT_EQ(head.study, to_toml(study_));
    auto unnamed = study_;
    unnamed.model.clear();  // the default one, which may be another some day
    EXPECT_EQ(head_of(opened, unnamed, this_machine(opened, 1), {}).study, head.study);
}

TEST_F(NewRun, FilesAreKeptWithTheirHashesWhichStandForThemInTheSettings) {
    const auto before = head();
    ASSERT_EQ(before.files.size(), 2U);  // sorted by name
    EXPECT_EQ(before.files[0].path, study_.model);
    EXPECT_EQ(before.files[1].path, scene_.files.path("v.gguf"));
    EXPECT_EQ(before.files[1].sha256, sha256_file(scene_.files.path("v.gguf")));
    EXPECT_EQ(before.files[1].bytes,
              static_cast<std::int64_t>(std::filesystem::file_size(scene_.files.path("v.gguf"))));
    EXPECT_THAT(before.settings, Not(HasSubstr("v.gguf")));
    EXPECT_THAT(before.settings, HasSubstr(before.files[1].sha256));
    // The same bytes elsewhere are the same study.
    scene_.files.write("w.gguf", scene_.files.read("v.gguf"));
    std::get<Steer>(study_.worlds[0].interventions[0]).path = scene_.files.path("w.gguf");
    EXPECT_EQ(head().settings, before.settings);
    std::get<Steer>(study_.worlds[0].interventions[0]).scale = 1.0F;
    EXPECT_NE(head().settings, before.settings);
}

TEST_F(NewRun, SettingsKnowTheStrings) {
    const auto settings = [&](const InputString& string) {
        scene_.strings = {string};
        return head().settings;
    };
    const InputString plain{.id = "x", .prompt = "a b"};
    const auto base = settings(plain);
    EXPECT_EQ(settings(plain), base);
    EXPECT_NE(settings({.id = "y", .prompt = "a b"}), base);
    EXPECT_NE(settings({.id = "x", .prompt = "a c"}), base);
    EXPECT_NE(settings({.id = "x", .prompt = "a b", .donor = "a"}), base);
    EXPECT_NE(settings({.id = "x", .prompt = "a b", .text = " c"}), base);
    EXPECT_NE(settings({.id = "x", .prompt = std::nullopt, .prompt_tokens = Tokens{300}}), base);
}

TEST_F(NewRun, ProbesAreKnownOnTheSameMachineAlone) {
    auto stored = head();
    const auto known = known_probes(stored, study_);
    ASSERT_TRUE(known);
    EXPECT_EQ(known->least_rows, stored.least_rows);
    EXPECT_EQ(known->repack, stored.repacked);
    EXPECT_EQ(known->probes.size(), 3U);
    scene_.options.known = known;
    EXPECT_THAT(SessionScene::notes_of(session()),
                testing::Contains(HasSubstr("by an earlier run")));
    stored.machine += "other = 1\n";
    EXPECT_FALSE(known_probes(stored, study_));
    stored = head();
    stored.least_rows = 0;  // of a version that did not say it
    EXPECT_FALSE(known_probes(stored, study_));
}

TEST_F(NewRun, StoredStringsAreThoseThatItBeganWith) {
    scene_.strings = {{.id = "x", .prompt = "a b", .donor = "d", .text = " c"},
                      {.id = "y", .prompt = std::nullopt, .prompt_tokens = Tokens{300, 301}}};
    const auto first = head();
    const auto strings = input_strings(first);
    ASSERT_EQ(strings.size(), 2U);
    EXPECT_EQ(strings[0].prompt, "a b");
    EXPECT_EQ(strings[0].donor, "d");
    EXPECT_EQ(strings[0].tokens, first.strings[0].subject.observed);
    EXPECT_FALSE(strings[0].text);
    EXPECT_EQ(strings[1].prompt_tokens, (Tokens{300, 301}));
    scene_.strings = strings;
    EXPECT_EQ(head().settings, first.settings);
}

TEST(LeastRunBytes, GrowWithPairsAndLaws) {
    EXPECT_EQ(least_run_bytes(0, true), 0U);
    EXPECT_EQ(least_run_bytes(1'000'000'000, false), 40'000'000'000U);
    EXPECT_EQ(least_run_bytes(1'000'000'000, true), 80'000'000'000U);
}

TEST(ParseShard, IsAPartOfSeveral) {
    EXPECT_EQ(parse_shard("1/1"), Shard{});
    EXPECT_EQ(parse_shard("2/10"), (Shard{.index = 2, .count = 10}));
    for (const std::string wrong : {"", "1", "/", "1/", "/2", "0/2", "3/2", "-1/2", "1/2x", "a/2",
                                    "1//2", "1/99999999999999999999", " 1/2"}) {
        EXPECT_ERROR(parse_shard(wrong), "'" + wrong + "'");
    }
}

TEST(MovedName, IsTheNewOneOfTheOldOne) {
    const std::vector<std::string> moved{"a.gguf=b.gguf", "c=d=e"};
    EXPECT_EQ(moved_name("a.gguf", moved), "b.gguf");
    EXPECT_EQ(moved_name("c", moved), "d=e");
    EXPECT_EQ(moved_name("x", moved), "x");
    for (const std::string wrong : {"a", "=b", "a="}) {
        EXPECT_ERROR(moved_name("x", {wrong}), "'" + wrong + "'");
    }
}

TEST(FoundName, IsBesideTheRunWhereItIsNotWhereItWas) {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "here.gguf") << "x";
    const auto run = folder / "run.db";
    EXPECT_EQ(found_name("here.gguf", run), (folder / "here.gguf").string());
    EXPECT_EQ(found_name("gone.gguf", run), "gone.gguf");
    EXPECT_EQ(found_name((folder / "here.gguf").string(), run), (folder / "here.gguf").string());
    EXPECT_EQ(found_name("", run), "");
}

}  // namespace
}  // namespace otherwise
