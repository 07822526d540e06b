// A study in pieces is the study in one: the laws of resuming, on stub models.
#include "otherwise/study/conduct.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "otherwise/coupling/gumbel.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Bench;
using test::contents;
using test::Folder;
using test::Machine;
using test::study_scene;
using testing::ElementsAreArray;

/// Conducts until `stop` pairs have come out; true when it is done.
bool conduct_some(const test::Scene& scene, const std::filesystem::path& path,
                  const Machine& machine, long stop, Shard shard = {}) {
    Bench bench(scene, machine);
    auto head = test::head_of(scene);
    head.shard = shard;
    const auto writer = std::filesystem::exists(path)
                            ? std::make_unique<RunWriter>(path, test::stub_piece)
                            : std::make_unique<RunWriter>(path, head, test::stub_piece);
    writer->begin({.version = "1", .llama = "stub"});
    long pairs = 0;
    const auto report = conduct(bench.scene(), path, *writer,
                                {.on_pair = [&](const Pair&) { ++pairs; },
                                 .cancelled = [&] { return stop > 0 && pairs >= stop; }});
    return !report.cancelled;
}

TEST(Conduct, StoresWhatTheRunAndTheLawsYield) {
    const Folder folder;
    const auto scene = study_scene();
    ASSERT_TRUE(conduct_some(scene, folder / "run.db", {}, 0));
    const RunReader reader(folder / "run.db");

    std::vector<std::string> stored;
    reader.each_pair([&](const Pair& pair) { stored.push_back(test::line_of(pair)); });
    EXPECT_THAT(stored, ElementsAreArray(test::run_on(scene, {}).lines()));

    test::LawBench bench(scene, {});
    const auto laws = bench.laws();
    std::size_t i = 0;
    reader.each_law([&](const StringLaw& read) {
        ASSERT_LT(i, laws.size());
        const StringLaw& law = laws[i++];
        EXPECT_EQ(read.string, law.string);
        EXPECT_EQ(read.sample, law.sample);
        EXPECT_EQ(read.world, law.world);
        EXPECT_EQ(read.observed, law.observed);
        EXPECT_EQ(read.stay, law.stay);
        EXPECT_EQ(read.scored, law.scored);
        EXPECT_EQ(read.lost, law.lost);
        EXPECT_EQ(read.prefix.expected_lcp, law.prefix.expected_lcp);
        EXPECT_EQ(read.written->tokens, law.written->tokens);
        if (law.lost == 0) {
            EXPECT_NEAR(read.log_q, law.log_q, 1e-6);
            EXPECT_NEAR(read.bounds.low, law.bounds.low, 1e-6);
            EXPECT_NEAR(read.token_bounds.high, law.token_bounds.high, 1e-6);
        }
        for (std::size_t t = 0; t < law.at.size(); ++t) {
            EXPECT_NEAR(read.at[t].kl, law.at[t].kl, 1e-8);
            EXPECT_EQ(read.at[t].top_p == read.at[t].top_q, law.at[t].top_p == law.at[t].top_q);
        }
    });
    EXPECT_EQ(i, laws.size());
}

TEST(Conduct, TokensBecomeWhatTheCouplingSays) {
    const Folder folder;
    ASSERT_TRUE(conduct_some(study_scene(), folder / "run.db", {}, 0));
    int checked = 0;
    const RunReader reader(folder / "run.db");
    reader.each_law([&](const StringLaw& read) {
        std::map<int, const Becomes*> there;
        const auto all = reader.becomes(read.string, read.sample, read.world);
        for (const auto& becomes : all) {
            there[becomes.position] = &becomes;
            EXPECT_LE(becomes.tokens.size(), 8U);
        }
        for (std::size_t i = 0; i < read.scored.size(); ++i) {
            const int t = read.scored[i];
            const double stay = read.at[i].stay;
            ASSERT_EQ(there.contains(t), stay < 0.99);
            if (there.contains(t)) {
                const Token written = read.written->tokens[static_cast<std::size_t>(t)];
                double sum = 0.0;
                for (const auto& [token, probability] : there[t]->tokens) {
                    sum += probability;
                    if (token == written) {
                        EXPECT_NEAR(probability, stay, 1e-4);
                        ++checked;
                    }
                }
                EXPECT_LE(sum, 1.0 + 1e-3);
            }
        }
    });
    EXPECT_GT(checked, 100);
}

TEST(Conduct, InPiecesIsTheSameAsInOne) {
    const Folder folder;
    const auto scene = study_scene();
    ASSERT_TRUE(conduct_some(scene, folder / "one.db", {}, 0));
    const auto whole = contents(folder / "one.db");
    for (const long piece : {1L, 7L, 40L}) {
        const auto path = folder / ("pieces" + std::to_string(piece) + ".db");
        int calls = 0;
        const Machine machines[] = {{.parallel = 3}, {.parallel = 8, .threads = 2}, {}};
        while (!conduct_some(scene, path, machines[calls % 3], piece)) {
            ASSERT_LT(++calls, 1000);
        }
        EXPECT_GT(calls, 1);
        EXPECT_THAT(contents(path), ElementsAreArray(whole));
    }
    auto other = scene;
    other.options.seed = 12;  // the control: what is compared does depend on the run
    ASSERT_TRUE(conduct_some(other, folder / "other.db", {}, 0));
    EXPECT_THAT(contents(folder / "other.db"), testing::Not(ElementsAreArray(whole)));
}

TEST(Conduct, AFinishedRunIsLeftAlone) {
    const Folder folder;
    const auto scene = study_scene();
    ASSERT_TRUE(conduct_some(scene, folder / "run.db", {}, 0));
    Bench bench(scene, {});
    RunWriter writer(folder / "run.db", test::stub_piece);
    const auto report = conduct(bench.scene(), folder / "run.db", writer, {});
    EXPECT_EQ(report.run.pairs, 0);
    EXPECT_EQ(report.strings_before, 12);
    EXPECT_EQ(bench.factual().rows(), 0);
    ASSERT_EQ(report.run.effects.size(), scene.worlds.size());
    EXPECT_TRUE(report.run.effects[0].logits_differ);
    EXPECT_FALSE(report.run.effects[3].logits_differ);
    EXPECT_EQ(report.run.effects[0].longest, 10);
}

TEST(Conduct, OneWriterAtATime) {
    const Folder folder;
    RunWriter writer(folder / "run.db", test::head_of(study_scene()), test::stub_piece);
    EXPECT_ERROR(RunWriter(folder / "run.db", test::stub_piece), "that another run is writing");
    EXPECT_ERROR(RunWriter(folder / "run.db", test::head_of(study_scene()), test::stub_piece),
                 "a new file for the run");
}

TEST(Conduct, ImpossibleStringsAreLeftOut) {
    const Folder folder;
    auto scene = study_scene();
    scene.options.skip_impossible = true;
    scene.factual.rules.mechanism.top_k = 1;  // hardly any observed string is possible
    ASSERT_TRUE(conduct_some(scene, folder / "run.db", {}, 0));
    const auto progress = RunReader(folder / "run.db").progress();
    EXPECT_EQ(progress.skipped, 4);
    EXPECT_TRUE(progress.finished());
}

}  // namespace
}  // namespace otherwise
