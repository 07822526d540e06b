// needs: llama
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

}  // namespace
}  // namespace otherwise
