#include "otherwise/generate/memory.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

constexpr std::size_t kCell = 1000;

/// 1,000 bytes a cell and a row.
ModelSizes some_model(int n_vocab = 50'000) {
    return {.n_vocab = n_vocab, .context_bytes = [](int streams, int stream_length, int max_rows) {
                return kCell * static_cast<std::size_t>(streams * stream_length + max_rows);
            }};
}

TEST(Memory, RowsOfACallGoWithTheVocabulary) {
    EXPECT_EQ(most_rows(1000), 512);
    EXPECT_EQ(most_rows(150'000), 223);  // 256 MiB of logits, held twice
    EXPECT_EQ(most_rows(1'000'000), 128);
}

TEST(Memory, StreamsTakeTurnsOfEqualSize) {
    const MemoryRequest request{.budget = std::size_t{1} << 32U, .samples = 65};
    const MemoryPlan plan = plan_memory(some_model(), request);
    EXPECT_EQ(plan.parallel, 33);  // not 64 and 1
    EXPECT_EQ(plan.contexts, kCell * static_cast<std::size_t>(34 * 256 + plan.max_rows));
    EXPECT_EQ(plan.laws, request.budget - plan.contexts);
    MemoryRequest wanted = request;
    wanted.wanted_parallel = 7;
    EXPECT_EQ(plan_memory(some_model(), wanted).parallel, 7);
    wanted.samples = 3;  // no more than there are
    EXPECT_EQ(plan_memory(some_model(), wanted).parallel, 3);
}

TEST(Memory, FewerStreamsWhereTheyDoNotFit) {
    MemoryRequest request{.budget = kCell * 4000, .worlds = 2, .samples = 64};
    const MemoryPlan plan = plan_memory(some_model(), request);
    EXPECT_GE(plan.parallel, 1);
    EXPECT_LE(plan.contexts, request.budget);
    request.worlds = 1;
    EXPECT_GT(plan_memory(some_model(), request).parallel, plan.parallel);
    // A longest law has to fit beside the contexts.
    request.law_bytes = kCell * 2000;
    EXPECT_LE(plan_memory(some_model(), request).contexts + request.law_bytes, request.budget);
    request.budget = kCell * 2500;
    EXPECT_ERROR((void)plan_memory(some_model(), request), "for one string at a time");
}

TEST(Memory, LongCallsGoBeforeStreamsDo) {
    MemoryRequest request{.budget = kCell * (3 * 256 + 400), .samples = 2, .block = 400};
    EXPECT_EQ(plan_memory(some_model(), request).max_rows, 400);
    --request.budget;
    EXPECT_EQ(plan_memory(some_model(), request).max_rows, 128);
    EXPECT_EQ(plan_memory(some_model(), request).parallel, 2);
}

TEST(Memory, CallsHaveRoomForARowOfEachStream) {
    MemoryRequest request{.budget = std::size_t{1} << 32U, .samples = 20, .wanted_rows = 4};
    EXPECT_EQ(plan_memory(some_model(), request).max_rows, 20 + 2);
    request.least_rows = 8;
    EXPECT_EQ(plan_memory(some_model(), request).max_rows, 20 + 8);
    request.wanted_rows = 300;
    EXPECT_EQ(plan_memory(some_model(), request).max_rows, 300);
}

}  // namespace
}  // namespace otherwise
