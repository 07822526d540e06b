#include "otherwise/study/check_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;
using testing::HasSubstr;
using testing::SizeIs;

class CheckRun : public testing::Test {
protected:
    CheckRun() {
        for (std::size_t i = 0; i < scene_.null_strings.size(); ++i) {
            scene_.null_strings[i] = i < 5;
        }
        scene_.worlds.push_back(
            {.name = "nudge", .model = {.salt = 9, .strength = 0.4F}, .role = WorldRole::nudge});
        head_ = test::head_of(scene_);
        head_.worlds[0].nudge = "nudge";
    }
    [[nodiscard]] RunReader run() {
        const auto path = folder_ / "run";
        if (!std::filesystem::exists(path)) {
            test::write_run(scene_, path, head_);
        }
        return RunReader(path);
    }
    /// Share of a world's pairs that are not unchanged, on the strings of the null world where
    /// asked.
    [[nodiscard]] double changed(int world, bool of_null = false) {
        double all = 0.0;
        double changed = 0.0;
        run().each_pair([&](const Pair& pair) {
            const auto i = static_cast<std::size_t>(pair.string);
            if (pair.world == world && !pair.independent && (!of_null || scene_.null_strings[i])) {
                all += 1.0;
                changed += pair.unchanged() ? 0.0 : 1.0;
            }
        });
        return changed / all;
    }
    [[nodiscard]] std::vector<Verdict> check(const Limits& limits) {
        return check_run(run(), limits);
    }

    test::Scene scene_ = test::study_scene();
    RunHead head_;
    const Folder folder_;
};

TEST_F(CheckRun, CountsTheChangedPairsOfEachWorld) {
    const double slight = changed(0);
    ASSERT_TRUE(slight > 0.0 && slight < 1.0);
    const auto verdicts = check({.max_changed = slight});
    ASSERT_THAT(verdicts, SizeIs(3));  // not the floors
    EXPECT_EQ(verdicts[0].world, "slight");
    EXPECT_EQ(verdicts[0].what, "changed");
    EXPECT_DOUBLE_EQ(verdicts[0].value.value, slight);
    EXPECT_EQ(verdicts[0].value.n, 24);
    EXPECT_EQ(verdicts[0].value.clusters, 12);
    EXPECT_TRUE(verdicts[0].kept);  // the limit itself is kept
    EXPECT_EQ(verdicts[1].world, "forced");
    EXPECT_EQ(verdicts[1].kept, changed(1) <= slight);
    const auto broken = check({.max_changed = slight - 1e-9, .worlds = {"slight"}});
    ASSERT_THAT(broken, SizeIs(1));
    EXPECT_FALSE(broken[0].kept);
    EXPECT_THAT(broken[0].came, HasSubstr(std::to_string(std::lround(24 * slight)) + " of 24"));
}

TEST_F(CheckRun, SaysWhatWasExpectedAndWhatCame) {
    const auto verdicts = check({.max_changed = 0.1, .worlds = {"forced"}});
    EXPECT_EQ(verdicts.at(0).expected, "at most 10 % of the strings changed in world 'forced'");
    EXPECT_THAT(verdicts[0].came, HasSubstr(" (95 %: "));
}

TEST_F(CheckRun, ComparesWithTheNudgeOnTheStringsOfBoth) {
    const double beyond = changed(0, true) - changed(4, true);
    ASSERT_NE(beyond, changed(0) - changed(4, true));
    const auto verdicts =
        check({.max_changed = beyond + 1e-12, .over_nudge = true, .worlds = {"slight"}});
    ASSERT_THAT(verdicts, SizeIs(1));
    EXPECT_EQ(verdicts[0].what, "changed beyond rounding");
    EXPECT_NEAR(verdicts[0].value.value, beyond, 1e-12);
    EXPECT_EQ(verdicts[0].value.n, 10);
    EXPECT_TRUE(verdicts[0].kept);
    EXPECT_FALSE(
        check({.max_changed = beyond - 1e-9, .over_nudge = true, .worlds = {"slight"}})[0].kept);
    EXPECT_ERROR(check({.max_changed = 0.5, .over_nudge = true}), "a nudge beside world 'forced'");
}

TEST_F(CheckRun, TakesTheMeanOfTheExactLaws) {
    double sum = 0.0;
    int n = 0;
    run().each_law([&](const StringLaw& law) {
        if (law.world == 0) {
            sum += law.prefix.expected_lcp;
            ++n;
        }
    });
    const auto verdicts = check({.min_expected_lcp = sum / n - 1e-9, .worlds = {"slight"}});
    ASSERT_THAT(verdicts, SizeIs(1));
    EXPECT_EQ(verdicts[0].what, "expected LCP");
    EXPECT_NEAR(verdicts[0].value.value, sum / n, 1e-12);
    EXPECT_TRUE(verdicts[0].kept);
    EXPECT_FALSE(check({.min_expected_lcp = sum / n + 1e-9, .worlds = {"slight"}})[0].kept);
}

TEST_F(CheckRun, AWorldWithoutLawsIsNoVerdict) {
    const auto path = run().path();
    {
        Database database(path, OpenMode::write);
        database.run("DELETE FROM outcomes WHERE world = 0");
        database.run("DELETE FROM laws WHERE world = 0");
    }
    EXPECT_ERROR(check({.min_expected_lcp = 0.0}), "exact laws of world 'slight'");
    EXPECT_THAT(check({.min_expected_lcp = 0.0, .worlds = {"forced"}}), SizeIs(1));
}

TEST_F(CheckRun, TheNullWorldChangesNothing) {
    const auto verdicts = check({.floor = true});
    ASSERT_THAT(verdicts, SizeIs(1));
    EXPECT_EQ(verdicts[0].what, "floor");
    EXPECT_TRUE(verdicts[0].kept);
    EXPECT_EQ(verdicts[0].came, "0 of 10 strings changed");
}

TEST_F(CheckRun, AFloorThatMovesIsSeen) {
    scene_.worlds[3].model = {.salt = 5, .strength = 0.4F};
    const auto verdicts = check({.floor = true});
    ASSERT_THAT(verdicts, SizeIs(1));
    EXPECT_FALSE(verdicts[0].kept);
    EXPECT_GT(verdicts[0].value.value, 0.0);
}

TEST_F(CheckRun, RefusesWhatCannotBeChecked) {
    EXPECT_ERROR(check({}), "a limit to check");
    EXPECT_ERROR(check({.min_expected_lcp = 1.0, .over_nudge = true}), "max_changed");
    EXPECT_ERROR(check({.max_changed = 0.5, .worlds = {"slihgt"}}), "did you mean 'slight'?");
}

TEST_F(CheckRun, RefusesARunWithoutItsFloor) {
    scene_.worlds.resize(1);
    head_ = test::head_of(scene_);
    EXPECT_ERROR(check({.floor = true}), "a run with the null world");
}

TEST_F(CheckRun, RefusesARunThatIsNotFinished) {
    const auto path = folder_ / "run";
    {
        test::Bench bench(scene_, {.parallel = 2});
        RunWriter writer(path, head_, test::stub_piece);
        writer.begin({.version = "1", .llama = "stub"});
        int pairs = 0;
        (void)conduct(
            bench.scene(), path, writer,
            {.on_pair = [&](const Pair&) { ++pairs; }, .cancelled = [&] { return pairs > 0; }});
    }
    EXPECT_ERROR(check({.max_changed = 0.5}), "a finished run");
}

}  // namespace
}  // namespace otherwise
