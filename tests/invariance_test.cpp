// needs: llama
//
// What is written depends on the strings' ids, the seed and the worlds, and on nothing else: not on
// how many strings run at once, their order, their company, the threads or the rows of a call. The
// JSON lines are compared byte for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/lora.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr int kTokens = 12;
constexpr int kSamples = 2;

class Invariance : public testing::Test {
protected:
    Invariance() {
        test::write_vector(folder_ / "vector.gguf", 576, 8, 12, 8.0F);
        test::write_random_lora(folder_ / "lora.gguf", 0.3F);
    }

    [[nodiscard]] std::vector<WorldPlan> worlds() const {
        return {test::world_of(factual_, "finer",
                               {UseModel{.path = test::derived_model("Q8_0").string()}}),
                test::world_of(factual_, "steered",
                               {Steer{.path = (folder_ / "vector.gguf").string(),
                                      .layers = {.first = 9},
                                      .scope = Scope::written}}),
                test::world_of(factual_, "forced",
                               {Force{.position = 2, .text = " never again", .tokens = {}},
                                SetTopK{.value = 40}})};
    }

    /// Short and long prompts (past 256 tokens too) and an observed string, each with an id.
    [[nodiscard]] static std::vector<InputString> strings() {
        const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
        auto strings = test::short_prompts(5);
        strings.push_back(test::long_prompt(*model, 1, 80));
        strings.push_back(test::long_prompt(*model, 2, 300));
        strings[3].text = " and a pinch of salt, which nobody had expected.";
        return strings;
    }

    static SessionOptions options(int parallel, int threads, std::uint64_t seed = 4) {
        auto options = test::session_options(kTokens, kSamples, seed);
        options.parallel = parallel;
        options.open.threads = threads;
        return options;
    }

    [[nodiscard]] std::vector<std::string> lines(const std::vector<InputString>& strings,
                                                 const SessionOptions& options) const {
        return test::run(factual_, worlds(), strings, options).lines;
    }

    test::TemporaryFolder folder_;
    WorldPlan factual_ = test::plan_of(test::derived_model("Q4_0"));
};

std::vector<std::string> sorted(std::vector<std::string> lines) {
    std::ranges::sort(lines);
    return lines;
}

TEST_F(Invariance, StreamsThreadsAndRows) {
    const auto lines32 = lines(strings(), options(32, 2));
    ASSERT_EQ(lines32.size(), strings().size() * kSamples * 4);
    EXPECT_EQ(lines32, lines(strings(), options(32, 1)));
    EXPECT_EQ(lines32, lines(strings(), options(1, 2)));
    EXPECT_EQ(lines32, lines(strings(), options(5, 1)));
    for (const int rows : {64, 512}) {
        auto few = options(32, 2);
        few.max_rows = rows;
        EXPECT_EQ(lines32, lines(strings(), few)) << rows << " rows";
    }
    // Control: the seed does matter.
    const auto other = lines(strings(), options(32, 2, 5));
    ASSERT_EQ(other.size(), lines32.size());
    int same = 0;
    for (std::size_t i = 0; i < other.size(); ++i) {
        same += other[i] == lines32[i] ? 1 : 0;
    }
    EXPECT_EQ(same, 0);
}

TEST_F(Invariance, OrderAndCompany) {
    const auto all = lines(strings(), options(32, 2));
    auto reversed = strings();
    std::ranges::reverse(reversed);
    const auto backwards = lines(reversed, options(32, 2));
    EXPECT_NE(backwards, all) << "lines come in the order of the input";
    EXPECT_EQ(sorted(backwards), sorted(all));
    const std::size_t each = all.size() / strings().size();
    for (const std::size_t i : {std::size_t{3}, std::size_t{6}}) {
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(i * each);
        EXPECT_EQ(lines({strings()[i]}, options(32, 2)),
                  std::vector<std::string>(first, first + static_cast<std::ptrdiff_t>(each)));
    }
    // Control: the id is part of the noise.
    auto renamed = strings()[0];
    renamed.id = "another";
    auto under_new_id = lines({renamed}, options(32, 2));
    EXPECT_EQ(under_new_id[0].find(all[0].substr(all[0].find("\"factual\""))), std::string::npos);
}

// An F16 LoRA asks for eight rows a call, and one in scope `written` for calls of one scope.
TEST_F(Invariance, WithAScopedLora) {
    const auto tuned = test::world_of(
        factual_, "tuned",
        {UseLora{.path = (folder_ / "lora.gguf").string(), .scope = Scope::written}});
    const auto few = strings();
    const std::vector<InputString> chosen{few[0], few[3], few[5], few[6]};
    const auto together = test::run(factual_, {tuned}, chosen, options(32, 2));
    EXPECT_EQ(together.divergences(1), 0);
    EXPECT_GT(together.divergences(0), 0);
    EXPECT_EQ(together.lines, test::run(factual_, {tuned}, chosen, options(1, 1)).lines);
    EXPECT_EQ(together.lines, test::run(factual_, {tuned}, chosen, options(3, 2)).lines);
}

}  // namespace
}  // namespace otherwise
