// needs: llama
//
// Long prompts through llama.cpp's tiled attention: the same bits whatever the calls and their
// company, so the null world stays exact.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "otherwise/model/context.h"
#include "otherwise/model/probe.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr int kLongest = 704;

Probe probe_of(const std::string& type, int length, bool repack) {
    const auto model = Model::load(test::derived_model(type), {.repack = repack});
    Context context(model, {.n_streams = probe_streams(8),
                            .stream_length = kLongest + 64,
                            .max_rows = 512,
                            .threads = test::threads(),
                            .least_rows = 8,
                            .tiled = true});
    return probe_tiles(context, length);
}

TEST(Tiles, RowsAreTheSameHoweverAHeadIsCut) {
    for (const std::string type : {"Q4_0", "Q8_0", "F16"}) {
        for (const int length : {64, 127, type == "Q4_0" ? kLongest : 200}) {
            const auto probe = probe_of(type, length, true);
            EXPECT_TRUE(probe.invariant)
                << type << ", " << length << ": " << probe.shape << " by " << probe.worst;
        }
    }
    const auto mixed = probe_of("Q4_K_M", 200, false);
    EXPECT_TRUE(mixed.invariant) << mixed.shape;
}

/// Prompts on both sides of every border.
std::vector<InputString> long_strings() {
    const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
    std::vector<InputString> strings;
    int number = 0;
    for (const int tokens : {40, 63, 64, 65, 66, 127, 128, 400, 1500}) {
        strings.push_back(test::long_prompt(*model, number++, tokens));
    }
    // an observed text, of which the prompt alone is a long block
    strings[7].tokens =
        Tokens(strings[8].prompt_tokens->begin(), strings[8].prompt_tokens->begin() + 70);
    return strings;
}

struct Shapes {
    int parallel;
    int max_rows;
    int threads;
    std::size_t memory;
};

TEST(Tiles, NothingDependsOnStreamsRowsThreadsAndMemory) {
    const auto factual = test::plan_of(test::derived_model("Q4_0"));
    const auto world = test::world_of(factual, "prompt", {Prefix{"Once more. "}});
    std::vector<std::string> lines;
    for (const auto& [parallel, max_rows, threads, memory] :
         {Shapes{.parallel = 9, .max_rows = 0, .threads = 2, .memory = std::size_t{4} << 30U},
          Shapes{.parallel = 2, .max_rows = 64, .threads = 1, .memory = std::size_t{1} << 30U}}) {
        auto options = test::session_options(12, 1);
        options.parallel = parallel;
        options.max_rows = max_rows;
        options.open.threads = threads;
        options.memory = memory;
        const auto outcome = test::run(factual, {world}, long_strings(), options);
        EXPECT_EQ(outcome.divergences(1), 0);
        EXPECT_GT(outcome.divergences(0), 0);
        EXPECT_TRUE(outcome.tiled);
        EXPECT_TRUE(lines.empty() || lines == outcome.lines) << parallel << " " << max_rows;
        lines = outcome.lines;
    }
}

}  // namespace
}  // namespace otherwise
