// Runs that are cancelled, that fail, that must leave strings out, that have little memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "otherwise/generate/law_budget.h"
#include "tests/support/expect_error.h"
#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Bench;
using test::Machine;
using test::run_on;
using test::Scene;

Scene small_scene(int strings, int observed_every) {
    Scene scene;
    scene.options = {.seed = 21, .samples = 2, .tokens = 10};
    for (int i = 0; i < strings; ++i) {
        add_subject(scene, "s" + std::to_string(i), 2 + i % 4,
                    i % observed_every == 0 ? 6 + i % 5 : 0);
    }
    scene.worlds = {{.name = "slight", .model = {.salt = 1, .strength = 0.5F}},
                    {.name = "null", .role = WorldRole::null, .expect_same = true}};
    scene.null_strings.assign(static_cast<std::size_t>(strings), true);
    return scene;
}

TEST(RunFaults, CancelledRunsYieldWholeStringsInOrder) {
    const Scene scene = small_scene(30, 3);
    const auto plain = plain_run(scene);
    int partial = 0;
    for (const int patience : {0, 1, 5, 20, 45, 70, 100, 1 << 20}) {
        int asked = 0;
        Bench bench(scene, {.parallel = 4});
        const auto outcome = bench.run({.cancelled = [&] { return asked++ >= patience; }});
        const auto lines = outcome.lines();
        ASSERT_LE(lines.size(), plain.size());
        EXPECT_TRUE(std::equal(lines.begin(), lines.end(), plain.begin()));
        EXPECT_EQ(lines.size(), static_cast<std::size_t>(outcome.report.strings) * 2 * 2);
        EXPECT_EQ(outcome.report.cancelled, lines.size() < plain.size());
        partial += !lines.empty() && lines.size() < plain.size() ? 1 : 0;
        EXPECT_EQ(bench.run().lines(), plain) << "a run after a cancelled one, " << patience;
    }
    EXPECT_GT(partial, 1);
}

TEST(RunFaults, LittleMemoryChangesNothing) {
    Scene scene = small_scene(20, 1);
    const auto plain = plain_run(scene);
    const auto one = law_bytes(10, test::kStubVocabulary);
    for (const std::size_t memory : {std::size_t{1}, one, 3 * one, 10 * one}) {
        scene.options.memory = memory;
        for (const int parallel : {1, 3, 16}) {
            EXPECT_EQ(run_on(scene, {.parallel = parallel}).lines(), plain) << memory;
        }
    }
}

TEST(RunFaults, StringsThatNoWorldIsAskedForCostNothing) {
    Scene scene = small_scene(12, 2);
    scene.worlds.erase(scene.worlds.begin());
    scene.null_strings.assign(12, false);
    scene.null_strings[7] = true;
    scene.options.memory = 1;
    const auto outcome = run_on(scene, {.parallel = 3});
    EXPECT_EQ(outcome.lines(), plain_run(scene));
    EXPECT_EQ(outcome.pairs.size(), 2U);
    EXPECT_EQ(outcome.report.strings, 12);
}

TEST(RunFaults, ImpossibleObservedTokensAreNamed) {
    Scene scene = small_scene(9, 3);
    scene.factual.rules.mechanism = {.top_k = 90};  // forbids the seven least likely of 97
    auto& observed = *scene.subjects[3].observed;
    const test::PlainString start(scene.factual.model, *scene.prompts[3]);
    const auto row = start.logits();
    const auto worst = std::ranges::min_element(row) - row.begin();
    const Token possible = std::exchange(observed[0], static_cast<Token>(worst));
    EXPECT_ERROR(run_on(scene, {}), "token " + std::to_string(worst) +
                                        " with probability 0 at position 0 of string 's3'");
    scene.options.skip_impossible = true;
    const auto outcome = run_on(scene, {});
    EXPECT_THAT(outcome.report.skipped, testing::Contains("s3"));
    EXPECT_TRUE(std::ranges::none_of(outcome.pairs, [](const Pair& p) { return p.string == 3; }));
    EXPECT_TRUE(std::ranges::any_of(outcome.pairs, [](const Pair& p) { return p.string == 8; }));
    EXPECT_EQ(outcome.report.strings, 9);
    observed[0] = possible;  // the control
    scene.factual.rules.mechanism = {};
    EXPECT_EQ(run_on(scene, {}).lines(), plain_run(scene));
}

TEST(RunFaults, BackendErrorsComeThrough) {
    const Scene scene = small_scene(12, 3);
    for (const int threads : {1, 2}) {
        for (const long call : {0L, 5L}) {
            Bench bench(scene, {.parallel = 4, .threads = threads});
            bench.factual().fail_at_call = call;
            EXPECT_ERROR(bench.run(), "a broken one");
            bench.factual().fail_at_call = -1;
            bench.world(0).fail_at_call = call;
            EXPECT_ERROR(bench.run(), "a broken one");
            bench.world(0).fail_at_call = -1;
            EXPECT_EQ(bench.run().lines(), plain_run(scene));  // and nothing is left of it
        }
    }
}

TEST(RunFaults, LogitsThatAreNoNumbersComeThrough) {
    const Scene scene = small_scene(6, 2);
    for (const int threads : {1, 2}) {
        Bench bench(scene, {.parallel = 4, .threads = threads});
        bench.world(1).disturbance = [](const Call&, int row) {
            return row == 1 ? std::numeric_limits<float>::quiet_NaN() : 0.0F;
        };
        EXPECT_THROW(bench.run(), Error);
    }
}

TEST(RunFaults, TheEngineIsSeenWhenItBreaksTheContract) {  // the control of every test on stubs
    test::StubEvaluator stub(test::stub_shape(3));
    Call call{.first_stream = 0, .n_streams = 1, .n_rows = 2};
    call.tokens = {1, 2};
    call.positions = {0};
    call.wanted = {0, 0};
    call.written = {0, 1};
    const auto with = [&](auto change) {
        Call changed = call;
        change(changed);
        return changed;
    };
    EXPECT_THROW(stub.decode(with([](Call& c) { c.positions = {1}; })), std::logic_error);
    EXPECT_THROW(stub.decode(with([](Call& c) { c.wanted = {0, 1}; })), std::logic_error);
    EXPECT_THROW(stub.decode(with([](Call& c) { c.tokens = {1, 97}; })), std::logic_error);
    EXPECT_THROW(stub.decode(with([](Call& c) { c.first_stream = 3; })), std::logic_error);
    EXPECT_THROW(stub.decode(with([](Call& c) { c.n_rows = 1; })), std::logic_error);
    EXPECT_NO_THROW(stub.decode(call));
    EXPECT_THROW(stub.decode(call), std::logic_error);
    EXPECT_THROW(static_cast<void>(stub.logits(1)), std::logic_error);
}

}  // namespace
}  // namespace otherwise
