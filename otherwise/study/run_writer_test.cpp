// The writer by itself; conduct_test.cpp holds that runs in pieces are the run in one.
#include "otherwise/study/run_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;

class RunWriterTest : public testing::Test {
protected:
    RunWriterTest() {
        scene_.options.independent = false;
        head_ = test::head_of(scene_);
        pairs_ = test::run_on(scene_, {}).pairs;
    }
    [[nodiscard]] static long stored(const std::filesystem::path& path) {
        return RunReader(path).pair_count();
    }

    test::Scene scene_ = test::study_scene(2);
    RunHead head_;
    std::vector<Pair> pairs_;
    const Folder folder_;
    const std::filesystem::path path_ = folder_ / "run";
};

TEST_F(RunWriterTest, WritesWholeStringsAlone) {
    RunWriter writer(path_, head_, test::stub_piece);
    const auto first = std::ranges::count(pairs_, 0, &Pair::string);
    for (long i = 0; i + 1 < first; ++i) {
        writer.add(pairs_[static_cast<std::size_t>(i)]);
    }
    writer.flush();
    EXPECT_EQ(stored(path_), 0);
    writer.add(pairs_[static_cast<std::size_t>(first - 1)]);
    EXPECT_EQ(stored(path_), 0);  // not before the batch
    writer.flush();
    EXPECT_EQ(stored(path_), first);
    EXPECT_EQ(RunReader(path_).progress().done, 1);
    EXPECT_EQ(writer.head().strings[0].state, StringState::done);
}

TEST_F(RunWriterTest, RefusesTheNextStringBeforeTheLastIsWhole) {
    RunWriter writer(path_, head_, test::stub_piece);
    writer.add(pairs_.front());
    EXPECT_ERROR(writer.add(pairs_.back()), "all pairs of string 0");
}

TEST_F(RunWriterTest, LeavesStringsOutOrMarksThemDone) {
    {
        RunWriter writer(path_, head_, test::stub_piece);
        writer.skip(0);
        writer.finish(1);
        writer.flush();
    }
    const RunReader run(path_);
    EXPECT_EQ(run.head().strings[0].state, StringState::skipped);
    EXPECT_EQ(run.head().strings[1].state, StringState::done);
    EXPECT_EQ(run.progress().skipped, 1);
    EXPECT_TRUE(run.finished());
    EXPECT_EQ(run.pair_count(), 0);
}

TEST_F(RunWriterTest, TakesOverWhereFilesLieNow) {
    RunWriter writer(path_, head_, test::stub_piece);
    RunHead now = head_;
    now.files[0].path = "elsewhere/stub.gguf";
    now.model = "elsewhere/stub.gguf";
    writer.set_files(now);
    EXPECT_EQ(writer.head().model, now.model);
    const RunReader run(path_);
    EXPECT_EQ(run.head().files, now.files);
    EXPECT_EQ(run.head().model, now.model);
    EXPECT_EQ(run.head().settings, head_.settings);
}

TEST_F(RunWriterTest, KeepsWhatWorldsDid) {
    {
        RunWriter writer(path_, head_, test::stub_piece);
        writer.begin({});
        writer.set_acted(3);
        writer.end({});
    }
    const auto worlds = RunReader(path_).head().worlds;
    EXPECT_FALSE(worlds[0].acted);
    EXPECT_TRUE(worlds[3].acted);
}

TEST_F(RunWriterTest, DoesNotOverwriteAFile) {
    { const RunWriter writer(path_, head_, test::stub_piece); }
    EXPECT_ERROR(RunWriter(path_, head_, test::stub_piece), path_.string());
    EXPECT_NO_THROW(RunWriter(path_, test::stub_piece));
    EXPECT_ERROR(RunWriter(folder_ / "none", test::stub_piece), "none");
}

}  // namespace
}  // namespace otherwise
