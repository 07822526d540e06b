#include "otherwise/generate/run_counts.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

/// A sampled string and an observed one, in a world of its own, one that shares, and a null world
/// on the first string.
RunSizes some_run() {
    return {
        .strings = {{.prompt = 5, .written = 10}, {.prompt = 7, .written = 4, .observed = true}},
        .worlds = {{.prompts = {6, 8}},
                   {.shares = true, .prompts = {5, 7}},
                   {.role = WorldRole::null, .prompts = {5, 7}, .strings = {true, false}}},
        .samples = 3,
        .n_vocab = 100};
}

TEST(RunCounts, RowsOfWorldsThatWrite) {
    const RunSizes run = some_run();
    // Factual, own, shared, null.
    EXPECT_EQ(rows_of(run, 0), (5 + 3 * 9) + (6 + 3 * 9) + 3 * 9 + (5 + 3 * 9));
    EXPECT_EQ(rows_of(run, 1), (7 + 3) + (8 + 3 * 3) + 3 * 3);
}

TEST(RunCounts, FreshNoiseIsWrittenInWorldsOfTheUsers) {
    RunSizes run = some_run();
    run.independent = true;
    EXPECT_EQ(rows_of(run, 0), (5 + 3 * 9) + 2 * (6 + 3 * 9) + 2 * 3 * 9 + (5 + 3 * 9));
    EXPECT_EQ(count_run(run).pairs, 3 * (2 * 2 + 2 * 2 + 1));
}

TEST(RunCounts, LawsReadEachDrawInEachWorldThatDoesNotShare) {
    RunSizes run = some_run();
    run.read_only = true;
    // Drawn, then read in the factual, the own and the null world.
    EXPECT_EQ(rows_of(run, 0), (5 + 3 * 9) + 3 * (5 + 9) + 3 * (6 + 9) + 3 * (5 + 9));
    EXPECT_EQ(rows_of(run, 1), (7 + 3) + (8 + 3));
    EXPECT_EQ(count_run(run).stored_laws, 0U);
}

TEST(RunCounts, SumsOfStringsAndFloors) {
    RunSizes run = some_run();
    run.donor_rows = 11;
    const RunCounts counts = count_run(run);
    EXPECT_EQ(counts.strings, 2);
    EXPECT_EQ(counts.pairs, 3 * (2 + 2 + 1));
    EXPECT_EQ(counts.rows, rows_of(run, 0) + rows_of(run, 1) + 11);
    EXPECT_EQ(counts.null_strings, 1);
    EXPECT_EQ(counts.nudge_strings, 0);
    EXPECT_EQ(counts.longest_law, 4U * 100U * sizeof(float));
    EXPECT_EQ(counts.stored_laws, counts.longest_law);
}

}  // namespace
}  // namespace otherwise
