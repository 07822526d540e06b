// The writer by itself: what comes back, when it waits, and what it counts. That it writes the
// right strings is the matter of run_test.cpp.
#include "otherwise/generate/writer.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Machine;
using test::StubEvaluator;

Bundle bundle_of(int string, int prompt, int samples, int limit) {
    Bundle bundle{.prompt = std::make_shared<const Tokens>(
                      test::some_tokens(static_cast<std::uint64_t>(string), prompt)),
                  .written = {},
                  .samples = {},
                  .limit = limit};
    for (int number = 0; number < samples; ++number) {
        bundle.samples.push_back({.string = string,
                                  .number = number,
                                  .seed = 1,
                                  .noise = static_cast<std::uint64_t>(string)});
    }
    return bundle;
}

Rules rules() { return {.ends = test::stub_ends()}; }

TEST(Writer, WritesEverySampleOnce) {
    const Machine machine{.parallel = 6};
    StubEvaluator stub(machine.shape());
    Writer writer(stub, rules(), {.parallel = 6});
    for (int string = 0; string < 15; ++string) {
        writer.push(bundle_of(string, 3 + 9 * string, 1 + string % 6, 10));
    }
    const int pushed = writer.in_flight();
    std::vector<Finished> all;
    while (writer.step(true)) {
        for (auto& finished : writer.take()) {
            all.push_back(std::move(finished));
        }
        EXPECT_EQ(writer.in_flight() + std::ssize(all), pushed);
    }
    ASSERT_EQ(std::ssize(all), pushed);
    const test::StubWorld world;
    for (const auto& [sample, written] : all) {
        const auto alone = plain_write(
            world, test::some_tokens(sample.noise, 3 + 9 * sample.string), 10, sample.place(0));
        EXPECT_EQ(written.tokens, alone.written.tokens);
        EXPECT_EQ(written.ended, alone.written.ended);
        EXPECT_EQ(sample.margin, alone.margin);
    }
    EXPECT_EQ(writer.counts().rows, stub.rows());
    EXPECT_EQ(writer.counts().calls, stub.calls());
    EXPECT_TRUE(writer.take().empty());
    EXPECT_FALSE(writer.step(true));
    for (int stream = 0; stream < stub.shape().n_streams; ++stream) {
        EXPECT_EQ(stub.length(stream), 0);
    }
}

TEST(Writer, WaitsForWorkUnlessItDrains) {
    StubEvaluator stub(Machine{.parallel = 8}.shape(), {.end_logit = -50.0F});
    Writer writer(stub, rules(), {.parallel = 8});
    writer.push(bundle_of(0, 5, 1, 20));
    EXPECT_FALSE(writer.step(false));  // one of eight streams: not worth a call
    EXPECT_EQ(stub.calls(), 0);
    for (int string = 1; string < 8; ++string) {
        writer.push(bundle_of(string, 5, 1, 5 + string));
    }
    while (writer.step(false)) {
    }
    EXPECT_GT(writer.in_flight(), 0);  // the longest wait for company …
    EXPECT_LT(writer.in_flight(), 8);
    while (writer.step(true)) {
    }
    EXPECT_EQ(writer.in_flight(), 0);  // … until there is none to come
}

TEST(Writer, SamplesOfABundleSharePromptAndTokens) {
    StubEvaluator stub(Machine{.parallel = 16}.shape(), {.end_logit = -50.0F});
    Writer writer(stub, rules(), {.parallel = 16});
    writer.push(bundle_of(0, 60, 16, 4));
    while (writer.step(true)) {
    }
    EXPECT_GE(writer.counts().needed, 60 + 3);
    EXPECT_LE(writer.counts().needed, 60 + 16 * 3);
    EXPECT_LE(stub.rows(), 60 + 16 * 3 + 2);
}

TEST(Writer, RefusesBundlesThatNeverFit) {
    StubEvaluator stub(Machine{.parallel = 2}.shape());
    Writer writer(stub, rules(), {.parallel = 2});
    EXPECT_ERROR(writer.push(bundle_of(0, 5, 3, 4)), "at most 2 samples");
}

TEST(Writer, KeepsLongPromptsWithinSmallCalls) {
    for (const int max_rows : {16, 33, 63, 64}) {
        StubEvaluator stub(Machine{.parallel = 3, .max_rows = max_rows}.shape());
        Writer writer(stub, rules(), {.parallel = 3});
        writer.push(bundle_of(0, 200, 2, 4));
        writer.push(bundle_of(1, 63, 1, 4));
        EXPECT_NO_THROW(while (writer.step(true)){});
        EXPECT_EQ(writer.take().size(), 3U);
    }
}

}  // namespace
}  // namespace otherwise
