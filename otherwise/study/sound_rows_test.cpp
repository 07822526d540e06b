// Results that do not fit their head, by what was changed in the tables of a sound file.
#include "otherwise/study/sound_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otherwise/study/lists.h"
#include "otherwise/study/packed_list.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;

struct Change {
    const char* sql;
    const char* expected;
};

constexpr Change kPairs[] = {
    {"UPDATE pairs SET lcp = 99 WHERE string = 3", "the LCP of the tokens"},
    {"UPDATE pairs SET lcp = -1 WHERE string = 3", "the LCP of the tokens"},
    {"UPDATE pairs SET lcp = 9223372036854775807 WHERE string = 3", "smaller numbers"},
    {"UPDATE pairs SET world = 9 WHERE string = 3 AND world = 2", "world 9"},
    {"UPDATE pairs SET world = -1 WHERE string = 3 AND world = 0", "world -1"},
    {"UPDATE pairs SET sample = 2 WHERE string = 3 AND sample = 1; "
     "UPDATE draws SET sample = 2 WHERE string = 3 AND sample = 1",
     "sample 2"},
    {"UPDATE pairs SET string = 12 WHERE string = 3; UPDATE draws SET string = 12 WHERE string = 3",
     "string 12"},
    {"UPDATE pairs SET string = 2147483647 WHERE string = 3; "
     "UPDATE draws SET string = 2147483647 WHERE string = 3",
     "string 2147483647"},
    {"UPDATE pairs SET string = -3 WHERE string = 3; UPDATE draws SET string = -3 WHERE string = 3",
     "string -3"},
    {"UPDATE pairs SET string = 9223372036854775807 WHERE string = 3; "
     "UPDATE draws SET string = 9223372036854775807 WHERE string = 3",
     "smaller numbers"},
    {"UPDATE pairs SET string = 'x' WHERE string = 3; UPDATE draws SET string = 'x' WHERE string = "
     "3",
     "again"},
    {"UPDATE pairs SET tokens = '[5,-9]' WHERE string = 3", "in the table pairs"},
    {"UPDATE draws SET tokens = '[5,-9]' WHERE string = 3", "in the table pairs"},
    {"UPDATE draws SET tokens = '[]' WHERE string = 3", "the LCP of the tokens"},
    {"UPDATE pairs SET runner_up = 99999999 WHERE string = 3", "runner_up"},
    {"UPDATE meta SET value = '0' WHERE key = 'independent'", "no fresh noise"},
    {"UPDATE prompts SET tokens = '[-4]'", "in the table pairs"},
    {"DELETE FROM draws WHERE string = 3", "12 pairs of string 3"},
    {"DELETE FROM pairs WHERE string = 3 AND world = 1", "12 pairs of string 3"},
    {"ALTER TABLE draws RENAME TO old; CREATE TABLE draws AS SELECT * FROM old UNION ALL SELECT * "
     "FROM old; DROP TABLE old",
     "again"},
};

constexpr Change kLaws[] = {
    {"UPDATE laws SET world = 7 WHERE string = 3 AND world = 1", "world 7"},
    {"UPDATE laws SET stay = '[0.5]' WHERE string = 3", "another number for string 3"},
};

constexpr const char* kOutcomes[] = {
    "[[99, [[5, 0.5]]]]",
    "[[-1, [[5, 0.5]]]]",
    "[[0, [[-5, 0.5]]]]",
    "[[0, [[5, 1.5]]]]",
    "[[0, [[5, null]]]]",
    "[[0, 7]]",
    "[[0, [[5]]]]",
    "[[0, [5]]]",
    "[[1, []], [0, []]]",
    "[[0, []], [0, []]]",
    "{}",
    "[",
    "",
    "[[0, [[99999999999, 0.5]]]]",
    "[[1e999, []]]",
    "[[0.5, []]]",
    "[[0, {\"5\": 0.5}]]",
    "7",
};

class SoundResults : public testing::Test {
protected:
    SoundResults() { test::write_run(scene_, sound_, test::head_of(scene_)); }

    /// A copy of the sound file with a change.
    [[nodiscard]] RunReader changed(const std::string& sql) const {
        std::filesystem::copy_file(sound_, path_,
                                   std::filesystem::copy_options::overwrite_existing);
        Database database(path_, OpenMode::write);
        database.run("PRAGMA foreign_keys = OFF");
        database.run("PRAGMA legacy_alter_table = ON");
        database.run(sql);
        return RunReader(path_);
    }

    const test::Scene scene_ = test::study_scene();
    const Folder folder_;
    const std::filesystem::path sound_ = folder_ / "sound";
    const std::filesystem::path path_ = folder_ / "changed";
};

TEST_F(SoundResults, AreReadAsTheyAre) {
    EXPECT_NO_THROW(require_sound_results(changed("SELECT 1")));
}

TEST_F(SoundResults, PairsThatDoNotFitAreRefused) {
    for (const auto& [sql, expected] : kPairs) {
        SCOPED_TRACE(sql);
        const auto run = changed(sql);
        EXPECT_ERROR(require_sound_results(run), expected);
    }
}

TEST_F(SoundResults, LawsThatDoNotFitAreRefused) {
    for (const auto& [sql, expected] : kLaws) {
        SCOPED_TRACE(sql);
        const auto run = changed(sql);
        EXPECT_ERROR(run.each_law([](const StringLaw&) {}), expected);
    }
}

TEST_F(SoundResults, StaysThatAreNoProbabilitiesAreRefused) {
    std::vector<double> stay;
    RunReader(sound_).each_law([&](const StringLaw& law) {
        stay = law.string == 3 && law.sample == 0 && law.world == 0 ? law.stay : stay;
    });
    ASSERT_FALSE(stay.empty());
    const auto read = [&](const std::string& list) {
        changed("UPDATE laws SET stay = " + list + " WHERE string = 3 AND sample = 0 AND world = 0")
            .each_law([](const StringLaw&) {});
    };
    for (const double wrong : {1.5, -0.5}) {
        stay.front() = wrong;
        std::string packed;
        for (const char byte : pack_reals(stay)) {
            packed += fmt::format("{:02x}", static_cast<unsigned char>(byte));
        }
        EXPECT_ERROR(read("X'" + packed + "'"), "stay probabilities");
        EXPECT_ERROR(read("'" + write_list(stay) + "'"), "stay probabilities");
    }
}

TEST_F(SoundResults, DrawsThatDoNotFitAreRefused) {
    const auto read = [](const RunReader& run) { run.each_draw([](auto&&...) {}); };
    EXPECT_NO_THROW(read(changed("SELECT 1")));
    EXPECT_ERROR(read(changed("UPDATE draws SET string = 12 WHERE string = 3")), "string 12");
    EXPECT_ERROR(read(changed("UPDATE draws SET tokens = '[-1]' WHERE string = 3")),
                 "in the table draws");
}

TEST_F(SoundResults, OutcomesThatDoNotFitAreRefused) {
    const std::filesystem::path file = "run.db";
    EXPECT_EQ(read_becomes("[]", 0, file).size(), 0U);
    const auto packed = [](int position, double probability) {
        return pack_becomes(
            std::vector<Becomes>{{.position = position, .tokens = {{5, probability}}}});
    };
    EXPECT_EQ(read_becomes(packed(3, 0.5), 4, file).size(), 1U);
    EXPECT_ERROR(read_becomes(packed(4, 0.5), 4, file), "in the table outcomes of 'run.db'");
    EXPECT_ERROR(read_becomes(packed(0, 0.5) + packed(0, 0.5).substr(1), 4, file),
                 "in the table outcomes of 'run.db'");
    const auto two = read_becomes("[[0, [[5, 0.5], [6, 1e-3]]], [3, []]]", 4, file);
    ASSERT_EQ(two.size(), 2U);
    EXPECT_EQ(two[0].tokens, (std::vector<std::pair<Token, double>>{{5, 0.5}, {6, 0.001}}));
    EXPECT_EQ(two[1].position, 3);
    EXPECT_ERROR(read_becomes("[[0, []]]", 0, file), "in the table outcomes of 'run.db'");
    for (const std::string text : kOutcomes) {
        SCOPED_TRACE(text);
        EXPECT_ERROR(read_becomes(text, 4, file), "in the table outcomes of 'run.db'");
    }
    const std::string deep(100000, '[');
    EXPECT_ERROR(read_becomes(deep + std::string(100000, ']'), 4, file), "in the table outcomes");
}

}  // namespace
}  // namespace otherwise
