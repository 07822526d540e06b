// What a reader says of a file and refuses in it; conduct_test.cpp holds that pairs and laws come
// back as they were. Covers also: law_rows.cpp (lists of another length).
#include "otherwise/study/run_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;

class RunReaderTest : public testing::Test {
protected:
    RunReaderTest() { test::write_run(scene_, path_, test::head_of(scene_)); }
    /// Changes a table of the file.
    void change(const std::string& sql) const { Database(path_, OpenMode::write).run(sql); }

    const test::Scene scene_ = test::study_scene();
    const Folder folder_;
    const std::filesystem::path path_ = folder_ / "run";
};

TEST_F(RunReaderTest, CountsWhatThereIs) {
    const RunReader run(path_);
    EXPECT_TRUE(run.finished());
    // Three worlds twice on 12 strings of two samples, the null world on every other one.
    EXPECT_EQ(run.pair_count(), 24 * 3 * 2 + 12);
    const auto progress = run.progress();
    EXPECT_EQ(progress.strings, 12);
    EXPECT_EQ(progress.done, 12);
    EXPECT_EQ(progress.skipped, 0);
    EXPECT_EQ(progress.draws, 8 * 2 + 4);  // of an observed string one
    EXPECT_EQ(progress.laws, progress.draws);
    EXPECT_NO_THROW(run.require_results());
    EXPECT_EQ(run.again()->pair_count(), run.pair_count());
}

TEST_F(RunReaderTest, FindsTheStringOfADraw) {
    const RunReader run(path_);
    EXPECT_EQ(run.string_of_draw(1), 0);
    EXPECT_EQ(run.string_of_draw(2), 0);
    EXPECT_EQ(run.string_of_draw(3), 1);
    EXPECT_EQ(run.string_of_draw(24), 11);
    EXPECT_EQ(run.string_of_draw(1000), 11);
    change("PRAGMA foreign_keys = OFF; UPDATE pairs SET string = 2147483647 WHERE string = 11");
    EXPECT_ERROR((void)RunReader(path_).string_of_draw(1000), "string 2147483647");
    change("DELETE FROM pairs");
    const RunReader empty(path_);
    EXPECT_EQ(empty.string_of_draw(1), -1);
    EXPECT_ERROR(empty.require_results(), "a run with results");
}

TEST_F(RunReaderTest, SaysWhoWorkedOnIt) {
    const RunReader run(path_);
    const auto sittings = run.sittings();
    ASSERT_EQ(sittings.size(), 1U);
    EXPECT_EQ(sittings[0].machine.version, "1");
    EXPECT_EQ(sittings[0].machine.llama, "stub");
    EXPECT_EQ(sittings[0].machine.threads, 3);
    EXPECT_EQ(sittings[0].machine.parallel, 8);
    EXPECT_EQ(sittings[0].totals.pairs, run.pair_count());
    EXPECT_EQ(sittings[0].totals.seconds, 2.0);
    EXPECT_EQ(sittings[0].totals.law_seconds, 0.5);
    EXPECT_EQ(sittings[0].started.size(), std::string_view("2026-11-27T09:00:00Z").size());
}

TEST_F(RunReaderTest, TakesAPartOfTheResults) {
    const RunReader run(path_);
    int pairs = 0;
    int longest = 0;
    run.each_pair(
        [&](const Pair& pair) {
            EXPECT_EQ(pair.world, 1);
            EXPECT_LT(pair.string, 3);
            ++pairs;
        },
        {.world = 1, .strings = 3});
    EXPECT_EQ(pairs, 3 * 2 * 2);
    run.each_pair([&](const Pair& pair) {
        if (pair.world == 0) {
            longest = std::max(longest, static_cast<int>(pair.counterfactual.tokens.size()));
        }
    });
    EXPECT_EQ(run.longest(0), longest);
    EXPECT_EQ(run.longest(99), 0);
}

TEST_F(RunReaderTest, TextsComeFromTheStoredPieces) {
    change("UPDATE pieces SET piece = 'the end' WHERE ends = 1");  // which no text has
    const RunReader run(path_);
    const Written written{.tokens = {17, test::kStubEnd}, .ended = true};
    EXPECT_EQ(run.text(written), "w17 ");
    EXPECT_EQ(run.text(Tokens{17, test::kStubEnd}, true), "w17 w5 ");
    EXPECT_EQ(run.piece(17).bytes, "w17 ");
    for (const Token unknown : {-1, 1000000}) {
        EXPECT_EQ(run.piece(unknown).bytes, "");
    }
}

TEST_F(RunReaderTest, RefusesTablesThatMakeNoSense) {
    const RunReader run(path_);
    const auto read_laws = [&] { run.each_law([](const StringLaw&) {}); };
    EXPECT_NO_THROW(read_laws());
    change("UPDATE laws SET stay = '[0.5]' WHERE string = 3");
    EXPECT_ERROR(read_laws(), "another number for string 3");
    change("UPDATE outcomes SET outcomes = '[[0, 7]]'");
    EXPECT_ERROR(run.becomes(0, 0, 0), "in the table outcomes");
    change("INSERT INTO pieces (token, piece, special, ends) VALUES (-3, 'x', 'x', 0)");
    EXPECT_ERROR(RunReader(path_), "tokens from 0 on in the table pieces");
    change("UPDATE pieces SET token = 99999999 WHERE token = -3");
    EXPECT_ERROR(RunReader(path_), "99999999");
}

}  // namespace
}  // namespace otherwise
