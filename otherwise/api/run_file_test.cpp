// needs: llama
#include "otherwise/api/run_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

class StoredRun : public testing::Test {
protected:
    StoredRun() {
        head_ = test::head_of(scene_);
        head_.study =
            "model = \"stub.gguf\"\nfile = \"prompts.txt\"\nlimit = 3\nprompt-words = 2\nseed = "
            "11\n"
            "[worlds]\nslight = \"steer:v.gguf:2\"\n";
    }
    std::string write() {
        test::write_run(scene_, folder_ / "run", head_);
        return (folder_ / "run").string();
    }
    const test::Scene scene_ = test::study_scene(4);
    RunHead head_;
    const test::Folder folder_;
};

TEST_F(StoredRun, ItsStudyHasTheStoredStringsAlready) {
    const auto study = stored_study(write(), {});
    EXPECT_EQ(study.seed, 11U);
    EXPECT_TRUE(study.file.empty());  // nothing is read, cut or counted again
    EXPECT_EQ(study.limit, 0);
    EXPECT_EQ(study.prompt_words, 0);
    ASSERT_EQ(study.strings.size(), 4U);
    EXPECT_EQ(study.strings[1].id, "s1");
    EXPECT_EQ(study.strings[1].tokens, scene_.subjects[1].observed);
    EXPECT_EQ(study.nudge_strings, FloorStrings::some);
}

TEST_F(StoredRun, ItsFilesMayHaveMoved) {
    const auto study = stored_study(write(), {"v.gguf=w.gguf", "stub.gguf=there/stub.gguf"});
    EXPECT_EQ(study.model, "there/stub.gguf");
    EXPECT_EQ(std::get<Steer>(study.worlds.at(0).interventions.at(0)).path, "w.gguf");
}

TEST_F(StoredRun, OfAVersionWithoutNudgesGoesOnWithoutThem) {
    const auto path = write();
    Database(path, OpenMode::write).run("DELETE FROM meta WHERE key = 'all_nudge'");
    EXPECT_EQ(stored_study(path, {}).nudge_strings, FloorStrings::none);
}

TEST_F(StoredRun, HasAllOfItsOwnStudyAlone) {
    const auto path = write();
    auto study = stored_study(path, {});
    EXPECT_TRUE(has_all(path, study));
    study.seed = 12;
    EXPECT_FALSE(has_all(path, study));
}

TEST_F(StoredRun, ItsResultIsWhatWasStored) {
    const auto path = write();
    const auto result = stored_result(path);
    EXPECT_EQ(result.strings, 4);
    EXPECT_EQ(result.strings_before, 4);
    EXPECT_FALSE(result.effort);
    long strings = 0;
    long unchanged = 0;
    RunReader(path).each_pair([&](const Pair& pair) {
        if (pair.world == 0 && !pair.independent) {
            ++strings;
            unchanged += pair.unchanged() ? 1 : 0;
        }
    });
    ASSERT_FALSE(result.worlds.empty());
    EXPECT_EQ(result.worlds[0].world, "slight");
    EXPECT_EQ(result.worlds[0].summary.strings, strings);
    EXPECT_EQ(result.worlds[0].summary.unchanged, unchanged);
}

}  // namespace
}  // namespace otherwise
