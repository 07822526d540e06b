#include "otherwise/study/compare_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class CompareRuns : public testing::Test {
protected:
    /// A run file of the scene as it is now; its head as changed.
    template <typename F>
    RunReader run(const F& change) {
        auto head = test::head_of(scene_);
        change(head);
        const auto path = folder_ / std::to_string(++runs_);
        test::write_run(scene_, path, head);
        return RunReader(path);
    }
    RunReader run() {
        return run([](RunHead&) {});
    }
    static const MeasureChange& measure(const WorldChange& world, std::string_view key) {
        const auto found = std::ranges::find(world.measures, key, &MeasureChange::key);
        if (found == world.measures.end()) {
            throw std::runtime_error("no measure " + std::string(key));
        }
        return *found;
    }

    test::Scene scene_ = test::study_scene();
    const Folder folder_;
    int runs_ = 0;
};

TEST_F(CompareRuns, OfARunWithItselfChangesNothing) {
    const auto a = run();
    const auto change = compare_runs(a, run());
    EXPECT_THAT(change.settings, IsEmpty());
    EXPECT_THAT(change.only_a, IsEmpty());
    EXPECT_THAT(change.only_b, IsEmpty());
    EXPECT_EQ(change.strings, 24);  // of 12, two samples
    EXPECT_EQ(change.strings_only_a + change.strings_only_b + change.factual_flipped, 0);
    ASSERT_EQ(change.worlds.size(), 4U);
    for (const auto& world : change.worlds) {
        EXPECT_EQ(world.flipped, 0);
        EXPECT_THAT(world.examples, IsEmpty());
        for (const auto& measure : world.measures) {
            EXPECT_EQ(measure.difference.value, 0.0) << measure.key;
            EXPECT_EQ(measure.a.value, measure.b.value) << measure.key;
        }
    }
    EXPECT_EQ(change.worlds[0].pairs, 24);
    EXPECT_EQ(change.worlds[3].pairs, 12);  // the null world, on every other string
}

TEST_F(CompareRuns, PairsOfAWorldByIdAndSample) {
    const auto a = run();
    scene_.worlds[0].model.strength = 2.0F;
    const auto b = run();
    std::map<std::pair<int, int>, std::array<otherwise::Pair, 2>> pairs;
    for (const auto* reader : {&a, &b}) {
        reader->each_pair([&](const otherwise::Pair& pair) {
            if (pair.world == 0 && !pair.independent) {
                pairs[{pair.string, pair.sample}][reader == &a ? 0 : 1] = pair;
            }
        });
    }
    double unchanged[2] = {};
    double lcp[2] = {};
    long flipped = 0;
    for (const auto& [key, both] : pairs) {
        flipped += both[0].counterfactual.tokens != both[1].counterfactual.tokens ? 1 : 0;
        for (std::size_t i = 0; i < 2; ++i) {
            unchanged[i] += both[i].unchanged() ? 1.0 / 24 : 0.0;
            lcp[i] += both[i].lcp / 24.0;
        }
    }
    const auto change = compare_runs(a, b);
    const auto& world = change.worlds.at(0);
    EXPECT_EQ(world.pairs, 24);
    EXPECT_EQ(world.flipped, flipped);
    EXPECT_GT(flipped, 10);
    EXPECT_LE(world.examples.size(), 10U);
    EXPECT_TRUE(std::ranges::is_sorted(world.examples));  // of a string one
    EXPECT_EQ(std::ranges::adjacent_find(world.examples), world.examples.end());
    EXPECT_NEAR(measure(world, "unchanged").a.value, unchanged[0], 1e-12);
    EXPECT_NEAR(measure(world, "unchanged").b.value, unchanged[1], 1e-12);
    EXPECT_NEAR(measure(world, "unchanged").difference.value, unchanged[1] - unchanged[0], 1e-12);
    EXPECT_NEAR(measure(world, "lcp").difference.value, lcp[1] - lcp[0], 1e-12);
    EXPECT_LT(measure(world, "expected_lcp").difference.value, 0.0);
    EXPECT_EQ(measure(world, "lcp").a.clusters, 12);
    EXPECT_EQ(change.worlds.at(1).flipped, 0);  // the others are as they were
}

TEST_F(CompareRuns, CountsHitsOfTheTargetsOfBoth) {
    const auto a = run([](RunHead& head) { head.targets = {"w1."}; });
    const auto b = run([](RunHead& head) {
        head.targets.clear();
        head.off_targets = {"w1.", "w2."};
    });
    const auto change = compare_runs(a, b);
    double hits = 0.0;
    a.each_pair([&](const otherwise::Pair& pair) {
        const auto text = a.text(pair.counterfactual);
        bool hit = false;
        for (std::size_t at = text.find("w1"); at != std::string::npos;
             at = text.find("w1", at + 1)) {
            hit = hit || at + 2 < text.size();
        }
        hits += pair.world == 0 && !pair.independent && hit ? 1.0 / 24 : 0.0;
    });
    EXPECT_NEAR(measure(change.worlds[0], "target:w1.").a.value, hits, 1e-12);
    EXPECT_EQ(measure(change.worlds[0], "target:w2.").difference.value, 0.0);
    EXPECT_EQ(std::ranges::count(change.worlds[0].measures, "target:w1.", &MeasureChange::key), 1);
}

TEST_F(CompareRuns, SeesFactualStringsThatDiffer) {
    const auto a = run();
    scene_.options.seed = 12;
    const auto change = compare_runs(a, run());
    EXPECT_GT(change.factual_flipped, 12);
    EXPECT_LE(change.factual_flipped, 16);  // four of twelve are observed
    EXPECT_EQ(change.strings, 24);
}

TEST_F(CompareRuns, ListsWhatOnlyOneHas) {
    const auto a = run();
    scene_.worlds[0].name = "other";
    const auto change = compare_runs(a, run([](RunHead& head) {
                                         head.strings[3].subject.id = "new";
                                         head.settings = "seed = 11\nsamples = 3\nextra = 1";
                                         head.machine = "llama = new";
                                     }));
    EXPECT_THAT(change.only_a, ElementsAre("slight"));
    EXPECT_THAT(change.only_b, ElementsAre("other"));
    EXPECT_EQ(change.strings, 22);
    EXPECT_EQ(change.strings_only_a, 2);
    EXPECT_EQ(change.strings_only_b, 2);
    EXPECT_THAT(change.settings,
                ElementsAre(Pair("samples = 2", "samples = 3"), Pair("llama = stub", "llama = new"),
                            Pair("", "extra = 1")));
}

TEST_F(CompareRuns, TakesTheNudgeFromTheChanged) {
    scene_.worlds.back() = {
        .name = "nudge", .model = {.salt = 9, .strength = 0.4F}, .role = WorldRole::nudge};
    const auto with_nudge = [](RunHead& head) { head.worlds[0].nudge = "nudge"; };
    const auto a = run(with_nudge);
    scene_.worlds[0].model.strength = 2.0F;
    const auto b = run(with_nudge);
    std::map<std::pair<int, int>, double> changed[2][2];  // [run][world or nudge]
    for (const auto* reader : {&a, &b}) {
        reader->each_pair([&](const otherwise::Pair& pair) {
            if ((pair.world == 0 || pair.world == 3) && !pair.independent) {
                changed[reader == &a ? 0 : 1][pair.world == 0 ? 0 : 1][{pair.string, pair.sample}] =
                    pair.unchanged() ? 0.0 : 1.0;
            }
        });
    }
    const auto over = [&](int run) {
        double sum = 0.0;
        for (const auto& [key, nudge] : changed[run][1]) {
            sum += changed[run][0].at(key) - nudge;
        }
        return sum / static_cast<double>(changed[run][1].size());
    };
    const auto change = compare_runs(a, b);
    const auto& measured = measure(change.worlds[0], "over_nudge");
    EXPECT_EQ(measured.a.n, 12);
    EXPECT_NEAR(measured.a.value, over(0), 1e-12);
    EXPECT_NEAR(measured.b.value, over(1), 1e-12);
    EXPECT_NEAR(measured.difference.value, over(1) - over(0), 1e-12);
    EXPECT_EQ(change.worlds[0].measures[1].key, "over_nudge");  // beside what it is taken from
    EXPECT_EQ(std::ranges::count(change.worlds[1].measures, "over_nudge", &MeasureChange::key), 0);
}

TEST_F(CompareRuns, RefusesRunsWithNothingInCommon) {
    const auto a = run();
    const auto b = run([](RunHead& head) {
        for (auto& string : head.strings) {
            string.subject.id += " there";
        }
    });
    EXPECT_ERROR(compare_runs(a, b), "runs with strings in common");
    const auto path = folder_ / "empty";
    { const RunWriter writer(path, test::head_of(scene_), test::stub_piece); }
    EXPECT_ERROR(compare_runs(a, RunReader(path)), "a run with results");
}

}  // namespace
}  // namespace otherwise
