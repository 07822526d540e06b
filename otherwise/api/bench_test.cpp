// needs: llama
//
// Covers also: bench_run.cpp, bench_law.cpp, bench_long.cpp, bench_json.cpp and kernels_json.cpp.
#include "otherwise/api/bench.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/base/error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

const Work kOneThread{.threads = 1};

class Bench : public testing::Test {
protected:
    test::TinyFiles files;
};

TEST_F(Bench, BenchMeasuresWhatTheCommandShows) {
    Study study{.model = files.path("a.gguf"), .limit = 3, .tokens = 4};
    const auto keys = [](const std::string& text) {
        std::vector<std::string> names;
        const Json json = Json::parse(text);
        for (const auto& [name, value] : json.items()) {
            names.push_back(name);
        }
        return names;
    };
    const std::vector<std::string> same{"bench", "--json", "--rounds", "1",
                                        "-t",    "1",      "-m",       files.path("a.gguf"),
                                        "-n",    "4",      "--limit",  "3"};
    const auto run = bench_run(study, kOneThread, 1);
    EXPECT_EQ(run.worlds, std::vector<std::string>{"moved: nudge × 0.2, layer 1"});
    EXPECT_GT(run.plain.efficiency, 0.0);
    EXPECT_EQ(keys(to_json(run)), keys(files.command(same)));

    auto with_law = same;
    with_law.emplace_back("--law");
    const auto laws = bench_law(study, kOneThread, 1);
    EXPECT_EQ(laws.strings, 3U);
    EXPECT_EQ(keys(to_json(laws)), keys(files.command(with_law)));
    EXPECT_THROW((void)bench_long({.prompts = {"x"}}, kOneThread, 1), Error);
}

TEST(LongBench, ReadsLongPromptsAndACorpus) {
    const test::TinyFiles files("tiny.CONTEXT = 2048; tiny.write_model('long.gguf')");
    const auto bench = bench_long({.model = files.path("long.gguf")}, kOneThread, 1);
    ASSERT_EQ(bench.worlds.size(), 1U);
    // Read in the factual world and in this one; of some the first token is the same.
    const auto expect_rows = [](long needed, long of_a_world) {
        EXPECT_LE(needed, 2 * of_a_world);
        EXPECT_GT(needed, 2 * of_a_world * 99 / 100);
    };
    expect_rows(bench.rows[0].needed, 6 * 1200);
    expect_rows(bench.rows[1].needed, 1000 + 24 * 200);
    const Json json = Json::parse(to_json(bench));
    for (const auto& row : bench.rows) {
        EXPECT_GT(row.rate, 0.0);
        EXPECT_GE(row.any, row.keeps);
        EXPECT_EQ(json.at(row.key).at("rows_needed"), row.needed);
        EXPECT_EQ(json.at(row.key).at("rows_per_second"), row.rate);
    }
    EXPECT_EQ(json.at("shapes").size(), bench.rates.size());
    EXPECT_EQ(json.at("shapes").at(0).at("tokens"), bench.rates[0].shape.length);
}

}  // namespace
}  // namespace otherwise
