// Heads that make no sense, by what was changed in the tables of a sound file. Covers also:
// head_tables_read.cpp (numbers of rows, texts of the table meta).
#include "otherwise/study/sound_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;

struct Change {
    const char* sql;
    const char* expected;
};

constexpr Change kChanges[] = {
    {"UPDATE meta SET value = '0' WHERE key = 'shards'", "a shard from 1"},
    {"UPDATE meta SET value = '-3' WHERE key = 'shards'", "a shard from 1"},
    {"UPDATE meta SET value = '2' WHERE key = 'shard'", "shard 2 of 1"},
    {"UPDATE meta SET value = '0' WHERE key = 'shard'", "shard 0 of 1"},
    {"UPDATE meta SET value = '2' WHERE key = 'shards'", "results of shard 1 of 2"},
    {"UPDATE meta SET value = '0' WHERE key = 'samples'", "samples from 1"},
    {"UPDATE meta SET value = '2147483647' WHERE key = 'samples'", "than can be counted"},
    {"UPDATE meta SET value = '99999999999' WHERE key = 'samples'", "a number for 'samples'"},
    {"UPDATE meta SET value = '-1' WHERE key = 'tokens'", "a number of tokens"},
    {"UPDATE meta SET value = '-1' WHERE key = 'least_rows'", "rows of a call"},
    {"UPDATE meta SET value = '[4,-1]' WHERE key = 'masked'", "in the table meta (masked)"},
    {"UPDATE meta SET value = '[4,5' WHERE key = 'masked'", "a list of numbers"},
    {"UPDATE meta SET value = '[1]' WHERE key = 'targets'", "a list of texts for 'targets'"},
    {"UPDATE meta SET value = '{}' WHERE key = 'off_targets'", "a list of texts"},
    {"UPDATE meta SET value = '[\"' || x'ff' || '\"]' WHERE key = 'targets'", "a list of texts"},
    {"UPDATE meta SET value = '[' WHERE key = 'targets'", "a list of texts"},
    {"DELETE FROM worlds", "a world in the table worlds"},
    {"DELETE FROM worlds WHERE world = 1", "number 1 next in the table worlds"},
    {"UPDATE worlds SET world = 9 WHERE world = 3", "number 3 next in the table worlds"},
    {"UPDATE worlds SET world = -1 WHERE world = 0", "number 0 next in the table worlds"},
    {"UPDATE worlds SET name = CAST(x'736cff' AS TEXT) WHERE world = 0", "names of worlds"},
    {"UPDATE worlds SET name = '' WHERE world = 0", "names of worlds"},
    {"UPDATE worlds SET null_world = 3 WHERE world = 0", "roles from 0 to 2"},
    {"UPDATE worlds SET null_world = -1 WHERE world = 0", "roles from 0 to 2"},
    {"UPDATE worlds SET null_world = 5000000000 WHERE world = 0", "smaller numbers"},
    {"UPDATE worlds SET null_world = 1", "one null world at most"},
    {"UPDATE worlds SET nudge = 'none' WHERE world = 0", "nudges that are worlds"},
    {"UPDATE worlds SET nudge = 'forced' WHERE world = 0", "nudges that are worlds"},
    {"DELETE FROM strings WHERE string = 0", "number 0 next in the table strings"},
    {"DELETE FROM strings WHERE string = 5", "number 5 next in the table strings"},
    {"UPDATE strings SET id = CAST(x'61ff' AS TEXT) WHERE string = 2", "ids in UTF-8"},
    {"UPDATE strings SET id = '' WHERE string = 2", "ids in UTF-8"},
    {"UPDATE strings SET state = 3 WHERE string = 2", "states from 0 to 2"},
    {"UPDATE strings SET state = -1 WHERE string = 2", "states from 0 to 2"},
    {"UPDATE strings SET prompt_length = -1", "lengths of prompts"},
    {"UPDATE strings SET prompt_tokens = '[3,-7]' WHERE string = 2", "in the table strings"},
    {"UPDATE strings SET observed = '[99999999]' WHERE string = 2", "in the table strings"},
    {"UPDATE strings SET messages = '{}' WHERE string = 2", "turns as messages"},
    {"CREATE TRIGGER t AFTER UPDATE ON strings BEGIN DELETE FROM pairs; END", "tables alone"},
    {"ALTER TABLE pairs RENAME TO p; CREATE VIEW pairs AS SELECT * FROM p", "tables alone"},
};

class SoundHead : public testing::Test {
protected:
    SoundHead() { test::write_run(scene_, sound_, test::head_of(scene_)); }

    /// A copy of the sound file with a change.
    [[nodiscard]] std::filesystem::path changed(const std::string& sql) const {
        std::filesystem::copy_file(sound_, path_,
                                   std::filesystem::copy_options::overwrite_existing);
        Database database(path_, OpenMode::write);
        database.run("PRAGMA foreign_keys = OFF");
        database.run(sql);
        return path_;
    }

    const test::Scene scene_ = test::study_scene();
    const Folder folder_;
    const std::filesystem::path sound_ = folder_ / "sound";
    const std::filesystem::path path_ = folder_ / "changed";
};

TEST_F(SoundHead, IsReadAsItIs) { EXPECT_NO_THROW(RunReader(changed("SELECT 1"))); }

TEST_F(SoundHead, WhatMakesNoSenseIsRefused) {
    for (const auto& [sql, expected] : kChanges) {
        SCOPED_TRACE(sql);
        const auto path = changed(sql);
        EXPECT_ERROR(RunReader(path), expected);
        EXPECT_ERROR(RunWriter(path, test::stub_piece), expected);
    }
}

TEST_F(SoundHead, TextsMayBeNestedToAnyDepth) {
    const std::string deep(100000, '[');
    for (const std::string& text : {deep, deep + std::string(100000, ']')}) {
        EXPECT_ERROR(
            RunReader(changed("UPDATE meta SET value = '" + text + "' WHERE key = 'targets'")),
            "a list of texts");
        EXPECT_ERROR(RunReader(changed("UPDATE strings SET messages = '" + text + "'")), "turns");
    }
}

TEST_F(SoundHead, ATableWithoutItsKeysHasNamesOnce) {
    const std::string copy =
        "ALTER TABLE @ RENAME TO old; CREATE TABLE @ AS SELECT * FROM old; DROP TABLE old; ";
    const auto without_keys = [&](const std::string& table, const std::string& then) {
        std::string sql = copy;
        for (auto at = sql.find('@'); at != std::string::npos; at = sql.find('@')) {
            sql.replace(at, 1, table);
        }
        return changed("PRAGMA legacy_alter_table = ON; " + sql + then);
    };
    EXPECT_ERROR(RunReader(without_keys("worlds", "UPDATE worlds SET name = 'forced'")),
                 "each once, in the table worlds");
    EXPECT_ERROR(RunReader(without_keys("strings", "UPDATE strings SET id = 's1'")),
                 "each once, in the table strings");
    EXPECT_ERROR(RunReader(without_keys("worlds", "UPDATE worlds SET world = 0")),
                 "number 1 next in the table worlds");
}

}  // namespace
}  // namespace otherwise
