// Reports of run files that were written on stub models. Covers also: read_into.cpp (worlds side by
// side) and dose_curves.cpp.
#include "otherwise/page/run_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "otherwise/page/report_json.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Bench;
using test::Folder;
using test::study_scene;
using ::testing::Contains;
using ::testing::HasSubstr;

/// A run file, stopped after `stop` pairs if that is not 0.
void write_run(const test::Scene& scene, const std::filesystem::path& path, long stop = 0) {
    Bench bench(scene, {});
    RunWriter writer(path, test::head_of(scene), test::stub_piece);
    writer.begin({.version = "1", .llama = "stub"});
    long pairs = 0;
    (void)conduct(bench.scene(), path, writer,
                  {.on_pair = [&](const Pair&) { ++pairs; },
                   .cancelled = [&] { return stop > 0 && pairs >= stop; }});
}

std::string text_of(const std::vector<std::string>& pieces) {
    std::string text;
    for (const auto& piece : pieces) {
        text += piece;
    }
    return text;
}

TEST(RunOutcome, ShowsEveryPairOfTheFile) {
    const Folder folder;
    write_run(study_scene(), folder / "a study.db");
    const RunReader run(folder / "a study.db");
    const ReportData data = report_of(run, {});
    EXPECT_EQ(data.head.title, "a study");
    ASSERT_EQ(data.worlds.size(), 4U);
    EXPECT_EQ(data.targets, std::vector<std::string>{"target “w1.”"});
    std::size_t i = 0;
    run.each_pair([&](const Pair& pair) {
        if (pair.independent) {
            return;
        }
        const ReportPair& shown = data.pairs.at(i++);
        const auto& string = data.strings.at(static_cast<std::size_t>(shown.string));
        EXPECT_EQ(string.id, run.context(pair).id);
        EXPECT_EQ(string.sample, pair.sample);
        EXPECT_EQ(shown.world, pair.world);
        EXPECT_EQ(shown.lcp, pair.lcp);
        EXPECT_EQ(shown.unchanged, pair.unchanged());
        EXPECT_EQ(text_of(string.pieces), run.text(pair.factual->tokens, true));
        const auto all = std::span(pair.counterfactual.tokens);
        EXPECT_EQ(text_of(shown.tail),
                  run.text(all.subspan(static_cast<std::size_t>(pair.lcp)), true));
    });
    EXPECT_EQ(i, data.pairs.size());
}

TEST(RunOutcome, LawsGoWithTheirPairs) {
    const Folder folder;
    write_run(study_scene(), folder / "run.db");
    const RunReader run(folder / "run.db");
    const ReportData data = report_of(run, {});
    LawSummaryBuilder slight;
    long compared = 0;
    run.each_law([&](const StringLaw& law) {
        if (law.world != 0) {
            return;
        }
        slight.add(law);
        for (const ReportPair& pair : data.pairs) {
            const auto& string = data.strings.at(static_cast<std::size_t>(pair.string));
            if (pair.world != 0 || string.sample != law.sample ||
                string.id !=
                    run.head().strings.at(static_cast<std::size_t>(law.string)).subject.id) {
                continue;
            }
            ++compared;
            EXPECT_EQ(pair.stay, law.stay);
            for (std::size_t t = 0; t < law.stay.size(); ++t) {
                double others = 0.0;
                for (const Alternative& other : pair.become[t]) {
                    EXPECT_NE(other.piece, string.pieces[t]);  // the token itself is no alternative
                    others += other.probability;
                }
                EXPECT_LE(others, 1.0 - law.stay[t] + 0.001);
            }
        }
    });
    EXPECT_GT(compared, 0);
    EXPECT_EQ(data.worlds[0].law->unchanged.value, slight.summary().unchanged.value);
    EXPECT_EQ(data.worlds[0].law->kl.mean, slight.summary().kl.mean);
}

/// The page's data of a run, read on so many threads.
std::string json_of(const RunReader& run, int threads, int strings = 5000) {
    RunReportOptions options;
    options.strings = strings;
    options.threads = threads;
    options.cosines = [](std::span<const std::string> texts) {
        std::vector<double> cosines;
        for (std::size_t i = 0; i < texts.size(); i += 2) {
            cosines.push_back(1.0 / static_cast<double>(1 + texts[i].size()));
        }
        return cosines;
    };
    return report_json(report_of(run, options));
}

TEST(RunOutcome, IsTheSameBitsWhateverTheThreads) {
    const Folder folder;
    write_run(study_scene(), folder / "run.db");
    const RunReader run(folder / "run.db");
    const std::string one = json_of(run, 1);
    EXPECT_EQ(json_of(run, 2), one);
    EXPECT_EQ(json_of(run, 16), one);
    EXPECT_NE(json_of(run, 1, 3), one);  // the control
}

TEST(RunOutcome, ShowsTheFirstStringsAndMeasuresAll) {
    const Folder folder;
    write_run(study_scene(), folder / "run.db");
    const RunReader run(folder / "run.db");
    const ReportData all = report_of(run, {});
    const ReportData some = report_of(run, {.strings = 3});
    ASSERT_EQ(some.strings.size(), 3U);
    for (std::size_t i = 0; i < some.strings.size(); ++i) {
        EXPECT_EQ(some.strings[i].id, all.strings[i].id);
        EXPECT_EQ(some.strings[i].sample, all.strings[i].sample);
    }
    EXPECT_EQ(some.all_strings, all.all_strings);
    EXPECT_EQ(some.worlds[0].pairs.pairs, all.worlds[0].pairs.pairs);
    EXPECT_LT(some.pairs.size(), all.pairs.size());
}

TEST(RunOutcome, OtherTargetsThanTheRuns) {
    const Folder folder;
    write_run(study_scene(), folder / "run.db");
    RunReportOptions options;
    options.targets = {{.kind = "off-target", .pattern = Pattern("--off-target", ".")}};
    const ReportData data = report_of(RunReader(folder / "run.db"), options);
    EXPECT_EQ(data.targets, std::vector<std::string>{"off-target “.”"});
    EXPECT_EQ(data.pairs[0].hits, std::vector<unsigned>{3});
}

TEST(RunOutcome, CountsProgressToTheEnd) {
    const Folder folder;
    write_run(study_scene(), folder / "run.db");
    const RunReader run(folder / "run.db");
    RunReportOptions options;
    std::vector<long> seen;
    options.on_progress = [&](long done, long total) {
        EXPECT_EQ(total, run.pair_count());
        seen.push_back(done);
    };
    (void)report_of(run, options);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_EQ(seen.back(), run.pair_count());
}

TEST(RunOutcome, CosinesBelongToTheirPairs) {
    const Folder folder;
    write_run(study_scene(), folder / "run.db");
    const RunReader run(folder / "run.db");
    RunReportOptions options;
    options.cosines = [](std::span<const std::string> texts) {
        std::vector<double> cosines;
        for (std::size_t i = 0; i < texts.size(); i += 2) {
            cosines.push_back(texts[i] == texts[i + 1] ? 1.0 : 0.0);
        }
        return cosines;
    };
    const ReportData data = report_of(run, options);
    const auto cosine_of = [](const ReportWorld& world) {
        return std::ranges::find(world.pairs.measures, "cosine", &Measure::key)->mean.value;
    };
    EXPECT_DOUBLE_EQ(cosine_of(data.worlds[3]), 1.0);
    EXPECT_LT(cosine_of(data.worlds[0]), 1.0);
}

TEST(RunOutcome, AnUnfinishedRunSaysSo) {
    const Folder folder;
    write_run(study_scene(), folder / "run.db", 20);
    const ReportData data = report_of(RunReader(folder / "run.db"), {});
    EXPECT_THAT(data.head.warnings, Contains(HasSubstr("not finished")));
    write_run(study_scene(), folder / "whole.db");
    EXPECT_THAT(report_of(RunReader(folder / "whole.db"), {}).head.warnings,
                ::testing::Not(Contains(HasSubstr("not finished"))));
}

TEST(RunOutcome, AnEmptyRunIsAnError) {
    const Folder folder;
    { const RunWriter writer(folder / "run.db", test::head_of(study_scene()), test::stub_piece); }
    EXPECT_ERROR(report_of(RunReader(folder / "run.db"), {}), "without any");
}

TEST(RunOutcome, WorldsNameFilesWithoutTheirFolders) {
    const Folder folder;
    const auto scene = study_scene(3);
    auto head = test::head_of(scene);
    head.worlds[0].items = "steer:/a/b/sad.gguf:1.5@layers=8-12,temp:0.5";
    head.worlds[1].items = "system:\"either/or\"";
    {
        Bench bench(scene, {});
        RunWriter writer(folder / "run.db", head, test::stub_piece);
        (void)conduct(bench.scene(), folder / "run.db", writer, {});
    }
    const ReportData data = report_of(RunReader(folder / "run.db"), {});
    EXPECT_EQ(data.worlds[0].changes,
              (std::vector<std::string>{"steer:sad.gguf:1.5@layers=8-12", "temp:0.5"}));
    EXPECT_EQ(data.worlds[1].changes, std::vector<std::string>{"system:\"either/or\""});
}

/// A world with these items whose expected LCP is `lcp`.
ReportWorld world_of(std::vector<std::string> changes, double lcp) {
    ReportWorld world;
    world.changes = std::move(changes);
    world.law.emplace();
    world.law->expected_lcp.value = lcp;
    world.law->length = 20.0;
    return world;
}

TEST(DoseCurves, WorldsThatDifferByOneScale) {
    const std::vector<ReportWorld> worlds = {
        world_of({"steer:a.gguf:2", "temp:0.5"}, 3), world_of({"steer:a.gguf", "temp:0.5"}, 5),
        world_of({"steer:a.gguf:0.5", "temp:0.5"}, 8), world_of({"steer:b.gguf:3", "temp:0.5"}, 1)};
    const auto curves = dose_curves(worlds);
    ASSERT_EQ(curves.size(), 1U);
    EXPECT_EQ(curves[0].name, "steer a.gguf");
    ASSERT_EQ(curves[0].points.size(), 3U);  // the factual world has another temperature
    EXPECT_EQ(curves[0].points[0].dose, 0.5);
    EXPECT_EQ(curves[0].points[1].dose, 1.0);
    EXPECT_EQ(curves[0].points[2].expected_lcp.value, 3.0);
}

TEST(DoseCurves, Temperatures) {
    const std::vector<ReportWorld> worlds = {world_of({"temp:1.5"}, 3), world_of({"temp:0.9"}, 5),
                                             world_of({"temp:1.1"}, 8)};
    const auto curves = dose_curves(worlds);
    ASSERT_EQ(curves.size(), 1U);
    EXPECT_EQ(curves[0].name, "temp");
    const auto anchored = dose_curves(worlds, {{"temp", 1.0}});
    ASSERT_EQ(anchored[0].points.size(), 4U);
    EXPECT_EQ(anchored[0].points[1].dose, 1.0);
    EXPECT_TRUE(anchored[0].points[1].factual);
    EXPECT_EQ(anchored[0].points[1].unchanged.value, 1.0);
    EXPECT_EQ(anchored[0].points[1].expected_lcp.value, 20.0);
}

TEST(DoseCurves, AFactualWorldThatIsThereIsNotAddedAgain) {
    const std::vector<ReportWorld> worlds = {world_of({"steer:a.gguf:0"}, 20),
                                             world_of({"steer:a.gguf:1"}, 8),
                                             world_of({"steer:a.gguf:2"}, 3)};
    const auto curves = dose_curves(worlds);
    ASSERT_EQ(curves[0].points.size(), 3U);
    EXPECT_TRUE(curves[0].points[0].factual);
}

TEST(DoseCurves, FromThePairsWhereAWorldHasNoLaw) {
    std::vector<ReportWorld> worlds = {world_of({"steer:a.gguf:1"}, 9),
                                       world_of({"steer:a.gguf:2"}, 8),
                                       world_of({"steer:a.gguf:3"}, 3)};
    for (auto& world : worlds) {
        world.pairs.measures = {{.key = "unchanged", .title = "", .mean = {.value = 0.25}},
                                {.key = "lcp_tokens", .title = "", .mean = {.value = 6.5}}};
        world.pairs.shifts = {{.key = "length_tokens", .title = "", .factual = {.value = 24.0}}};
    }
    EXPECT_TRUE(dose_curves(worlds)[0].exact);
    worlds[1].law.reset();
    const DoseCurve curve = dose_curves(worlds)[0];
    EXPECT_FALSE(curve.exact);
    ASSERT_EQ(curve.points.size(), 4U);
    EXPECT_EQ(curve.points[0].expected_lcp.value, 24.0);
    EXPECT_EQ(curve.points[1].expected_lcp.value, 6.5);
    EXPECT_EQ(curve.points[1].unchanged.value, 0.25);
    EXPECT_TRUE(std::isnan(curve.points[1].kl));
}

TEST(DoseCurves, TwoDosesOrTheSameTwiceAreNone) {
    EXPECT_TRUE(
        dose_curves(std::vector{world_of({"temp:1.5"}, 3), world_of({"temp:2"}, 5)}).empty());
    EXPECT_TRUE(dose_curves(std::vector{world_of({"temp:1"}, 3), world_of({"temp:1"}, 3),
                                        world_of({"temp:2"}, 5)})
                    .empty());
    EXPECT_TRUE(dose_curves(std::vector{world_of({"prefix:1"}, 3), world_of({"prefix:2"}, 3),
                                        world_of({"prefix:3"}, 5)})
                    .empty());
}

}  // namespace
}  // namespace otherwise
