// Covers also: stored_run.cpp.
#include "otherwise/study/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "otherwise/study/export.h"
#include "otherwise/study/merge.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

/// Every result, as lines.
std::vector<std::string> lines_of(const StoredRun& run) {
    std::vector<std::string> lines;
    const auto take = [&](const std::string& line) { lines.push_back(line); };
    export_jsonl(run, take);
    export_csv(run, take);
    export_laws(run, take);
    run.each_draw([&](int string, int sample, bool observed, const auto& written) {
        lines.push_back(std::to_string(string) + "/" + std::to_string(sample) +
                        (observed ? " observed " : " sampled ") + run.text(*written));
    });
    run.each_law([&](const StringLaw& law) {
        for (const auto& at : run.becomes(law.string, law.sample, law.world)) {
            lines.push_back("at " + std::to_string(at.position) + " " +
                            std::to_string(at.tokens.size()));
        }
    });
    return lines;
}

class RunFolderTest : public testing::Test {
protected:
    RunFolderTest() { std::filesystem::create_directory(shards_); }

    void write_shard(int index, int count, const std::string& name) {
        auto head = test::head_of(scene_);
        head.shard = {.index = index, .count = count};
        test::write_run(scene_, shards_ / name, head);
    }
    void write_whole() { test::write_run(scene_, folder_ / "whole.db", test::head_of(scene_)); }

    test::Folder folder_;
    test::Scene scene_ = test::study_scene(13);
    std::filesystem::path shards_ = folder_ / "shards";
};

TEST_F(RunFolderTest, IsTheRunInOneFile) {
    write_whole();
    for (int i = 1; i <= 3; ++i) {
        write_shard(i, 3, std::to_string(i) + ".db");
    }
    std::ofstream(shards_ / "notes.txt") << "no shard";
    const auto whole = open_run(folder_ / "whole.db");
    const auto run = open_run(shards_);
    EXPECT_EQ(lines_of(*run), lines_of(*whole));
    EXPECT_EQ(lines_of(*run->again()), lines_of(*whole));
    EXPECT_EQ(run->pair_count(), whole->pair_count());
    EXPECT_TRUE(run->finished());
    EXPECT_EQ(run->progress().laws, whole->progress().laws);
    EXPECT_EQ(run->sittings().size(), 3U);
    EXPECT_THAT(run->missing_shards(), testing::IsEmpty());
    for (const int n : {1, 5, 9, 1000}) {
        EXPECT_EQ(run->string_of_draw(n), whole->string_of_draw(n)) << n;
    }
}

TEST_F(RunFolderTest, TakesAPart) {
    write_whole();
    write_shard(1, 2, "a.db");
    write_shard(2, 2, "b.db");
    const RunFolder run(shards_ / "");
    EXPECT_EQ(run.path(), shards_);
    const RunReader whole(folder_ / "whole.db");
    const auto part_of = [](const StoredRun& of, RunPart part) {
        std::vector<std::string> lines;
        of.each_pair([&](const Pair& pair) { lines.push_back(test::line_of(pair)); }, part);
        return lines;
    };
    const RunPart parts[] = {{.world = 2},
                             {.strings = 5},
                             {.strings = 9, .first = 4},
                             {.first = 12},
                             {.strings = 3, .first = 3}};
    for (const auto& part : parts) {
        EXPECT_EQ(part_of(run, part), part_of(whole, part));
    }
    EXPECT_EQ(part_of(run, {.first = 12}).empty(), false);
}

TEST_F(RunFolderTest, NamesMissingShards) {
    write_shard(2, 4, "2.db");
    write_shard(4, 4, "4.db");
    const RunFolder run(shards_);
    EXPECT_THAT(run.missing_shards(), testing::ElementsAre(1, 3));
    EXPECT_EQ(missing_text(run), "; shards 1 and 3 are missing");
    EXPECT_FALSE(run.finished());
    EXPECT_EQ(run.progress().strings, 13);
    EXPECT_EQ(run.progress().done, 6);
    run.each_pair([](const Pair& pair) { EXPECT_EQ(pair.string % 2, 1); });
}

TEST_F(RunFolderTest, AStringOfTwoFilesIsTakenFromTheFirst) {
    write_whole();
    write_shard(1, 2, "a.db");
    write_shard(2, 2, "b.db");
    write_shard(1, 3, "c.db");
    EXPECT_EQ(lines_of(RunFolder(shards_)), lines_of(RunReader(folder_ / "whole.db")));
}

TEST_F(RunFolderTest, RefusesShardsOfOtherStrings) {
    write_shard(1, 2, "a.db");
    write_shard(2, 2, "b.db");
    EXPECT_NO_THROW(RunFolder{shards_});
    Database(shards_ / "b.db", OpenMode::write).run("UPDATE strings SET id = 'x' WHERE string = 1");
    EXPECT_ERROR(RunFolder(shards_), "shards of the same strings");
}

TEST_F(RunFolderTest, RefusesWhatIsNoRun) {
    EXPECT_ERROR(RunFolder(shards_), "without any");
    write_shard(1, 2, "a.db");
    auto head = test::head_of(scene_);
    head.shard = {.index = 2, .count = 2};
    head.machine = "llama = other";
    test::write_run(scene_, shards_ / "b.db", head);
    EXPECT_ERROR(RunFolder(shards_), "(llama = stub), got");
    EXPECT_TRUE(RunFolder(shards_, true).finished());
    std::filesystem::remove(shards_ / "b.db");
    head.settings = "seed = 12\nsamples = 2";
    test::write_run(scene_, shards_ / "b.db", head);
    EXPECT_ERROR(RunFolder(shards_, true), "(seed = 11), got");
    std::ofstream(shards_ / "b.db", std::ios::trunc) << "no database, but a text of some length";
    EXPECT_ERROR(RunFolder(shards_), "b.db");
}

}  // namespace
}  // namespace otherwise
