// needs: llama
//
// What a session finds out before it runs, on a tiny model. Covers also: session_invariance.cpp
// (the probes and the remedy), session_probes.cpp, session_tiles.cpp, session_shapes.cpp,
// session_rates.cpp and probe_machine.cpp. tests/invariance_test.cpp and tests/tiles_test.cpp hold
// the same on real models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "otherwise/generate/call_costs.h"
#include "tests/support/expect_error.h"
#include "tests/support/session_scene.h"

namespace otherwise {
namespace {

using test::SessionScene;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> probed(const Session& session) {
    std::vector<std::string> worlds;
    for (const auto& probe : session.probes()) {
        worlds.push_back(probe.world);
    }
    return worlds;
}

class SessionProbes : public testing::Test {
protected:
    SessionScene scene_{"tiny.write_vector('v.gguf')"};
    WorldPlan steered_ = scene_.world("steered", {Steer{.path = scene_.files.path("v.gguf")}});
    WorldPlan hot_ = scene_.world("hot", {SetTemperature{2.0F}});
    KnownProbes known_{
        .repack = true,
        .least_rows = 5,
        .probes = {{.world = "factual", .probe = {}}, {.world = "steered", .probe = {}}}};
};

TEST_F(SessionProbes, EachNetworkOnce) {
    scene_.options.null_strings = scene_.options.nudge_strings = FloorStrings::all;
    const auto session = scene_.open({steered_, hot_});
    EXPECT_THAT(probed(session), ElementsAre("factual", "steered", "nudge"));
    for (const auto& [world, probe] : session.probes()) {
        EXPECT_TRUE(probe.invariant) << world << ": " << probe.shape;
    }
    EXPECT_GE(session.least_rows(), 2);
    EXPECT_THAT(SessionScene::notes_of(session),
                Contains("batch invariant: 3 networks probed, at least " +
                         std::to_string(session.least_rows()) + " rows a call" +
                         (session.repacked() ? "" : ", weights not repacked")));
    EXPECT_THAT(scene_.said, IsEmpty());
}

TEST_F(SessionProbes, FastRunsSkipThemAndTakeAnyShape) {
    scene_.options.fast = true;
    const auto session = scene_.open({steered_});
    EXPECT_EQ(session.least_rows(), 1);
    EXPECT_FALSE(session.tiled());
    EXPECT_THAT(SessionScene::notes_of(session),
                Contains(HasSubstr("batch invariance not probed")));
}

TEST_F(SessionProbes, WhatIsKnownOfAllNetworksIsTaken) {
    scene_.options.known = known_;
    const auto taken = scene_.open({steered_, hot_});
    EXPECT_EQ(taken.least_rows(), 5);
    EXPECT_THAT(SessionScene::notes_of(taken),
                Contains(HasSubstr("2 networks probed by an earlier run, at least 5 rows a call")));
    EXPECT_EQ(taken.estimate().memory.parallel, 2);
    auto other = steered_;
    other.name = "other";  // one is not known: all are probed
    const auto probed_again = scene_.open({steered_, other});
    EXPECT_THAT(probed(probed_again), ElementsAre("factual", "steered", "other"));
    EXPECT_LT(probed_again.least_rows(), 5);
}

TEST_F(SessionProbes, ARemedyThatRepacksIsNotTakenAgainstTheCallersWish) {
    scene_.options.known = known_;
    scene_.options.open.model.repack = false;
    const auto session = scene_.open({steered_});
    EXPECT_FALSE(session.repacked());
    EXPECT_LT(session.least_rows(), 5);
    scene_.options.known->repack = false;
    EXPECT_EQ(scene_.open({steered_}).least_rows(), 5);
}

TEST_F(SessionProbes, AKnownNetworkThatVariesIsSaidLoudly) {
    known_.probes[1].probe = {.invariant = false, .worst = 0.25, .shape = "one row"};
    scene_.options.known = known_;
    const auto session = scene_.open({steered_});
    EXPECT_THAT(scene_.said,
                ElementsAre(AllOf(HasSubstr("WARNING: world 'steered' is not batch invariant"),
                                  HasSubstr("one row"), HasSubstr("0.25"))));
    EXPECT_THAT(SessionScene::notes_of(session), Each(Not(HasSubstr("batch invariant:"))));
}

TEST_F(SessionProbes, AreKeptBetweenSessionsByWhatTheyDependOn) {
    scene_.options.probes = scene_.files.path("probes");
    const auto note = [&](const std::vector<WorldPlan>& worlds) {
        for (const auto& line : SessionScene::notes_of(scene_.open(worlds))) {
            if (line.starts_with("batch invariant: ")) {
                return line.substr(0, line.find(", at least"));
            }
        }
        return std::string("no note");
    };
    EXPECT_EQ(note({}), "batch invariant: 1 network probed");
    EXPECT_EQ(note({}), "batch invariant: 1 network probed before");
    EXPECT_EQ(note({steered_}), "batch invariant: 2 networks probed (1 of 2 probes before)");
    EXPECT_EQ(note({hot_, steered_}), "batch invariant: 2 networks probed before");
    scene_.options.open.threads = 2;
    EXPECT_EQ(note({}), "batch invariant: 1 network probed");
    scene_.options.open.threads = 1;
    scene_.factual.cache_keys = "f32";
    EXPECT_EQ(note({}), "batch invariant: 1 network probed");
    scene_.options.probes = scene_.files.write("a file", "");
    scene_.factual.cache_keys = "f16";
    EXPECT_THAT(note({}), HasSubstr("could not be kept in '"));
}

class SessionTiles : public testing::Test {
protected:
    /// What was found, known beforehand: the choice alone is tested.
    SessionTiles() { scene_.options.tiled = true; }
    SessionScene scene_;
};

TEST_F(SessionTiles, AreProbedWhereABlockIsLongEnough) {
    scene_.options.tiled.reset();
    scene_.strings = {SessionScene::tokens("x", 64)};  // a head of 63 rows
    EXPECT_FALSE(scene_.open({}).tiled());
    scene_.strings = {SessionScene::tokens("x", 65)};
    const auto session = scene_.open({});
    if (!session.tiled()) {
        GTEST_SKIP() << "this machine's tiled kernel is not batch invariant";
    }
    EXPECT_GE(session.estimate().memory.max_rows, 128);
    EXPECT_FALSE(session.tiled_texts());
}

TEST_F(SessionTiles, AreTakenForTextsWhereTheyMayBe) {
    scene_.strings = {SessionScene::tokens("x", 3, 63)};
    EXPECT_FALSE(scene_.open({}).tiled_texts());
    scene_.strings = {SessionScene::tokens("x", 3, 64)};
    EXPECT_TRUE(scene_.open({}).tiled_texts());
    scene_.options.max_rows = 70;  // a block of 64 to 127 rows is read in one call
    EXPECT_EQ(scene_.open({}).estimate().memory.max_rows, 128);
    scene_.options.tiled_texts = false;  // of a run that began without
    EXPECT_FALSE(scene_.open({}).tiled_texts());
    scene_.options.tiled = false;
    scene_.options.tiled_texts = true;
    const auto session = scene_.open({});
    EXPECT_FALSE(session.tiled());
    EXPECT_FALSE(session.tiled_texts());
}

TEST_F(SessionTiles, AStreamMoreIsForWhatLongPromptsShare) {
    const auto streams = [&](int prompts, int length) {
        scene_.strings.clear();
        for (int i = 0; i < prompts; ++i) {
            scene_.strings.push_back(SessionScene::tokens(std::to_string(i), length));
        }
        auto session = scene_.open({});
        return session.scene().factual.evaluator->shape().n_streams -
               session.estimate().memory.parallel - (session.least_rows() - 1);
    };
    EXPECT_EQ(streams(2, 64), 0);
    EXPECT_EQ(streams(1, 65), 0);
    EXPECT_EQ(streams(2, 65), 1);
}

class SessionShapes : public testing::Test {
protected:
    SessionShapes() { scene_.options.costs = scene_.files.path("costs"); }
    [[nodiscard]] std::string reason() { return scene_.open({}).estimate().shape_reason; }
    /// What was kept becomes what a quiet machine measures: each row as much as the others.
    void quieten() const {
        for (const auto& file : std::filesystem::directory_iterator(scene_.files.path("costs"))) {
            auto json = nlohmann::json::parse(std::ifstream(file.path()));
            for (auto& call : json["calls"]) {
                call["time"] = call["rows"].get<double>() / kReferenceRows;
            }
            std::ofstream(file.path()) << json;
        }
    }
    SessionScene scene_;
};

TEST_F(SessionShapes, AreTheCallersOrTheMemorysWhereMeasuringDoesNotPay) {
    EXPECT_EQ(reason(), "from the memory");  // too short a run
    scene_.options.parallel = 3;
    EXPECT_THAT(reason(), Not(HasSubstr("memory")));
    scene_.options.parallel = 0;
    scene_.options.all_costs = true;
    scene_.options.read_only = true;
    EXPECT_EQ(reason(), "from the memory");
    EXPECT_FALSE(std::filesystem::exists(scene_.files.path("costs")));
}

TEST_F(SessionShapes, AreMeasuredOnceAndKept) {
    scene_.options.all_costs = true;
    EXPECT_THAT(reason(), HasSubstr("; measured in "));
    quieten();
    EXPECT_THAT(reason(), HasSubstr("; measured before"));
    EXPECT_THAT(SessionScene::notes_of(scene_.open({})), Contains(HasSubstr("strings at once (")));
    scene_.options.open.threads = 2;  // other costs
    EXPECT_THAT(reason(), HasSubstr("; measured in "));
}

TEST(SessionRates, AreOfShapesThatTheContextTakes) {
    SessionScene scene;
    auto session = scene.open({});
    const std::vector<RateShape> shapes{{CallKind::forced, 2, 8}, {CallKind::decode, 4, 1}};
    const Rates rates = session.measure_rates(shapes);
    ASSERT_EQ(rates.shapes.size(), 2U);
    EXPECT_GT(rates.forced, 0.0);
    EXPECT_GT(rates.decode, 0.0);
    EXPECT_EQ(rates.prompt, 0.0);
    EXPECT_GT(session.forced_rate(), 0.0);
}

}  // namespace
}  // namespace otherwise
