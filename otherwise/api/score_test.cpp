// needs: llama
#include "otherwise/api/score.h"

#include <gtest/gtest.h>

#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

class Score : public testing::Test {
protected:
    test::TinyFiles files;
};

TEST_F(Score, ScoresFilesLikeTheCommand) {
    const auto pairs = files.write(
        "pairs.jsonl",
        "{\"factual\": \"a red house\", \"counterfactual\": \"a red bird\", \"prompt\": \"in\"}\n"
        "{\"factual\": \"a king\", \"counterfactual\": \"a king\", \"prompt\": \"of\"}\n");
    const auto scores = score(std::vector{pairs}, {.targets = {"bird"}});
    EXPECT_EQ(to_json(scores) + "\n",
              files.command({"score", pairs, "--json", "--target", "bird"}));

    // The same as plain values, but for the world's name.
    std::vector<ReadPair> values(2);
    values[0] = {.prompt = "in",
                 .factual = {"a red house", {}, {}},
                 .counterfactual = {"a red bird", {}, {}}};
    values[1] = {
        .prompt = "of", .factual = {"a king", {}, {}}, .counterfactual = {"a king", {}, {}}};
    for (auto& value : values) {
        value.world = "pairs";
    }
    EXPECT_EQ(to_json(score(values, {.targets = {"bird"}})), to_json(scores));
}

}  // namespace
}  // namespace otherwise
