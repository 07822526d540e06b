// head_tables.h, in head_tables.cpp and head_tables_read.cpp, and run_head.h.
#include "otherwise/study/head_tables.h"

#include <gtest/gtest.h>

#include "otherwise/study/schema.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

RunHead full_head() {
    RunHead head = test::head_of(test::study_scene(4));
    head.chat = true;
    head.chat_template = "00ff";
    head.all_nudge = true;
    head.masked = {3, 17};
    head.off_targets = {"a \"b\"", ""};
    head.shard = {.index = 2, .count = 3};
    head.repacked = false;
    head.least_rows = 8;
    head.tiled = true;
    head.worlds[2].role = WorldRole::nudge;
    head.worlds[1].nudge = head.worlds[2].name;
    head.strings[0].subject.donor = "another prompt";
    head.strings[1].state = StringState::skipped;
    return head;
}

TEST(HeadTables, ReadBackWhatWasWritten) {
    const test::Folder folder;
    Database database(folder / "run.db", OpenMode::create);
    migrate(database);
    const RunHead head = full_head();
    write_head(database, head);
    database.run("INSERT INTO meta VALUES ('created', 'today')");
    const RunHead read = read_head(database);
    EXPECT_EQ(read.created, "today");
    EXPECT_EQ(read.settings, head.settings);
    EXPECT_EQ(read.chat_template, head.chat_template);
    EXPECT_TRUE(read.all_nudge && read.knows_nudges && !read.all_null);
    EXPECT_EQ(read.masked, head.masked);
    EXPECT_EQ(read.off_targets, head.off_targets);
    EXPECT_EQ(read.shard.index, 2);
    EXPECT_EQ(read.files, head.files);
    EXPECT_FALSE(read.repacked);
    EXPECT_EQ(read.least_rows, 8);
    EXPECT_TRUE(read.tiled && !read.tiled_texts);
    ASSERT_EQ(read.worlds.size(), head.worlds.size());
    EXPECT_EQ(read.nudge_of(1), head.nudge_of(1));
    EXPECT_EQ(read.labels().back().role, WorldRole::null);
    ASSERT_EQ(read.probes.size(), 1U);
    EXPECT_EQ(read.probes[0].probe.worst, 0.25);
    ASSERT_EQ(read.strings.size(), 4U);
    for (std::size_t i = 0; i < head.strings.size(); ++i) {
        EXPECT_EQ(read.strings[i].subject.id, head.strings[i].subject.id);
        EXPECT_EQ(read.strings[i].subject.prompt_tokens, head.strings[i].subject.prompt_tokens);
        EXPECT_EQ(read.strings[i].subject.observed, head.strings[i].subject.observed);
        EXPECT_EQ(read.strings[i].subject.donor, head.strings[i].subject.donor);
        EXPECT_EQ(read.strings[i].state, head.strings[i].state);
        EXPECT_EQ(read.pairs_of(i), head.pairs_of(i));
    }
}

TEST(HeadTables, FilesAreRenamedWithTheirWorlds) {
    const test::Folder folder;
    Database database(folder / "run.db", OpenMode::create);
    migrate(database);
    RunHead head = full_head();
    write_head(database, head);
    database.run("INSERT INTO meta VALUES ('created', 'today')");
    head.model = "moved.gguf";
    head.files[0].path = "moved.gguf";
    head.worlds[0].items = "temp:2";
    rename_files(database, head);
    const RunHead read = read_head(database);
    EXPECT_EQ(read.model, "moved.gguf");
    EXPECT_EQ(read.files, head.files);
    EXPECT_EQ(read.worlds[0].items, "temp:2");
}

TEST(HeadTables, OfAnOlderVersionHaveTheirDefaults) {
    const test::Folder folder;
    Database database(folder / "run.db", OpenMode::create);
    migrate(database);
    write_head(database, full_head());
    EXPECT_ERROR((void)read_head(database), "one without 'created'");
    database.run("INSERT INTO meta VALUES ('created', 'today')");
    database.run("DELETE FROM meta WHERE key IN ('least_rows', 'all_nudge', 'chat_template')");
    const RunHead read = read_head(database);
    EXPECT_EQ(read.least_rows, 0);
    EXPECT_TRUE(read.repacked);
    EXPECT_FALSE(read.tiled);
    EXPECT_FALSE(read.knows_nudges);
    EXPECT_EQ(read.chat_template, "");
    database.run("UPDATE meta SET value = '2x' WHERE key = 'samples'");
    EXPECT_ERROR((void)read_head(database), "a number for 'samples'");
}

TEST(HeadTables, FinishedIsWithoutWaitingStringsOrLaws) {
    const test::Folder folder;
    Database database(folder / "run.db", OpenMode::create);
    migrate(database);
    RunHead head = full_head();
    head.shard = {};
    write_head(database, head);
    EXPECT_FALSE(is_finished(database, head));
    for (auto& string : head.strings) {
        string.state = StringState::done;
    }
    EXPECT_TRUE(is_finished(database, head));
    database.run("INSERT INTO draws VALUES (0, 0, '[1]', 0, 0, '', 0)");
    EXPECT_FALSE(is_finished(database, head));
    head.laws = false;
    EXPECT_TRUE(is_finished(database, head));
}

}  // namespace
}  // namespace otherwise
