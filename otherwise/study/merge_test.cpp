#include "otherwise/study/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::contents;
using test::Folder;
using test::study_scene;
using testing::ElementsAreArray;

class MergeRuns : public testing::Test {
protected:
    /// The `index`-th of `count` shards.
    std::filesystem::path shard(int index, int count) {
        auto head = test::head_of(scene_);
        head.shard = {.index = index, .count = count};
        auto path = folder_ / (std::to_string(index) + "of" + std::to_string(count));
        test::write_run(scene_, path, head);
        return path;
    }

    const test::Scene scene_ = study_scene();
    const Folder folder_;
};

TEST_F(MergeRuns, OfAllShardsIsTheRunInOne) {
    const auto whole = shard(1, 1);
    const auto out = folder_ / "all.db";
    const auto report = merge_runs({shard(2, 3), shard(1, 3), shard(3, 3)}, out, false);
    EXPECT_EQ(report.strings, 12);
    EXPECT_EQ(report.done, 12);
    EXPECT_EQ(report.repeated, 0);
    EXPECT_THAT(contents(out), ElementsAreArray(contents(whole)));
    const RunReader merged(out);
    EXPECT_TRUE(merged.finished());
    EXPECT_EQ(merged.head().shard, Shard{});
    EXPECT_EQ(merged.sittings().size(), 3U);
    EXPECT_FALSE(merged.head().created.empty());
    EXPECT_FALSE(merged.head().worlds[3].acted);
    EXPECT_FALSE(std::filesystem::exists(out.string() + "-wal"));
}

TEST_F(MergeRuns, AWorldActedWhereItDidInAnyFile) {
    const auto second = shard(2, 2);
    {
        RunWriter writer(second, test::stub_piece);
        writer.set_acted(3);  // the null world, which does nothing elsewhere
        writer.begin({});
        writer.end({});
    }
    (void)merge_runs({shard(1, 2), second}, folder_ / "all.db", false);
    const auto worlds = RunReader(folder_ / "all.db").head().worlds;
    EXPECT_TRUE(worlds[0].acted);
    EXPECT_TRUE(worlds[3].acted);
}

TEST_F(MergeRuns, OfSomeShardsCanGoOn) {
    const auto out = folder_ / "some.db";
    const auto report = merge_runs({shard(1, 3), shard(3, 3)}, out, false);
    EXPECT_EQ(report.done, 8);
    const RunReader merged(out);
    EXPECT_FALSE(merged.finished());
    EXPECT_EQ(merged.progress().strings, 12);
    for (std::size_t i = 0; i < 12; ++i) {
        EXPECT_EQ(merged.head().strings[i].state == StringState::waiting, i % 3 == 1) << i;
    }
}

TEST_F(MergeRuns, AStringOfSeveralFilesComesFromTheFirst) {
    const auto whole = shard(1, 1);
    const auto first = shard(1, 2);
    const auto out = folder_ / "all.db";
    const auto report = merge_runs({first, whole}, out, false);
    EXPECT_EQ(report.done, 12);
    EXPECT_EQ(report.repeated, 6);
    EXPECT_THAT(contents(out), ElementsAreArray(contents(whole)));
}

TEST_F(MergeRuns, RefusesWhatDoesNotBelongTogether) {
    const auto one = shard(1, 2);
    const auto out = folder_ / "out.db";
    const auto other = [&](const std::string& name, const auto& change) {
        auto head = test::head_of(scene_);
        head.shard = {.index = 2, .count = 2};
        change(head);
        test::write_run(scene_, folder_ / name, head);
        return folder_ / name;
    };
    const auto seed =
        other("seed", [](RunHead& head) { head.settings = "seed = 12\nsamples = 2"; });
    EXPECT_ERROR(merge_runs({one, seed}, out, true), "seed");
    const auto machine = other("machine", [](RunHead& head) { head.machine = "llama = new"; });
    EXPECT_ERROR(merge_runs({one, machine}, out, false), "llama");
    EXPECT_ERROR(merge_runs({}, out, false), "run files to put together");
    EXPECT_ERROR(merge_runs({one, folder_ / "none"}, out, false), "none");
    EXPECT_FALSE(std::filesystem::exists(out));  // whole or not at all
    EXPECT_EQ(merge_runs({one, machine}, out, true).done, 12);
    EXPECT_ERROR(merge_runs({one}, out, false), "out.db");
}

TEST_F(MergeRuns, RefusesFilesThatSayOtherwiseThanTheirSettings) {
    const auto one = shard(1, 2);
    const auto out = folder_ / "out.db";
    const std::pair<const char*, const char*> changes[] = {
        {"UPDATE meta SET value = '12' WHERE key = 'seed'", "seed 12"},
        {"UPDATE meta SET value = '3' WHERE key = 'samples'", "3 samples"},
        {"UPDATE meta SET value = '[7]' WHERE key = 'masked'", "masked"},
        {"UPDATE worlds SET name = 'other' WHERE world = 1", "world 'other'"},
        {"DELETE FROM worlds WHERE world = 3", "nothing more"},
        {"UPDATE strings SET id = 'other' WHERE string = 4", "string 'other'"},
        {"UPDATE strings SET prompt = 'other' WHERE string = 4", "string 's4'"},
        {"UPDATE strings SET observed = '[1]' WHERE string = 4", "string 's4'"},
        {"UPDATE strings SET in_null = 1 - in_null WHERE string = 4", "string 's4'"},
        {"UPDATE strings SET state = 1 WHERE string = 4", "results of shard 2 of 2"},
        {"DELETE FROM pairs WHERE string = 5 AND world = 1", "pairs of string 5"},
        {"UPDATE laws SET world = 9 WHERE string = 5 AND world = 1", "world 9"},
        {"UPDATE outcomes SET outcomes = '[[99, []]]'", "in the table outcomes"},
        {"UPDATE pieces SET piece = 'other'", "writes something else"},
    };
    for (const auto& [sql, came] : changes) {
        std::filesystem::remove(folder_ / "2of2");
        const auto two = shard(2, 2);
        {
            Database database(two, OpenMode::write);
            database.run("PRAGMA foreign_keys = OFF");
            database.run(sql);
        }
        SCOPED_TRACE(sql);
        EXPECT_ERROR(merge_runs({one, two}, out, true), came);
        EXPECT_FALSE(std::filesystem::exists(out)) << sql;
    }
}

}  // namespace
}  // namespace otherwise
