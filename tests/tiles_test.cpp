// needs: llama
//
// Long prompts and observed texts through llama.cpp's tiled attention: the same bits whatever the
// calls and their company, so the null world stays exact, and `law` reads what `run` reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/measure/law.h"
#include "otherwise/model/context.h"
#include "otherwise/model/probe.h"
#include "otherwise/noise/race.h"
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

constexpr Shapes kShapes[] = {
    {.parallel = 9, .max_rows = 0, .threads = 2, .memory = std::size_t{4} << 30U},
    {.parallel = 2, .max_rows = 64, .threads = 1, .memory = std::size_t{1} << 30U}};

/// Runs the strings in each of these shapes; the last world is the null world. Returns the last
/// outcome, after seeing that it is the first's.
test::Outcome run_in_shapes(const WorldPlan& factual, const std::vector<WorldPlan>& worlds,
                            const std::vector<InputString>& strings, SessionOptions options) {
    test::Outcome before;
    for (const auto& [parallel, max_rows, threads, memory] : kShapes) {
        options.parallel = parallel;
        options.max_rows = max_rows;
        options.open.threads = threads;
        options.memory = memory;
        auto outcome = test::run(factual, worlds, strings, options);
        EXPECT_EQ(outcome.divergences(static_cast<int>(worlds.size())), 0);
        EXPECT_TRUE(before.lines.empty() || before.lines == outcome.lines)
            << parallel << " " << max_rows;
        before = std::move(outcome);
    }
    return before;
}

TEST(Tiles, NothingDependsOnStreamsRowsThreadsAndMemory) {
    const auto factual = test::plan_of(test::derived_model("Q4_0"));
    const auto world = test::world_of(factual, "prompt", {Prefix{"Once more. "}});
    const auto outcome =
        run_in_shapes(factual, {world}, long_strings(), test::session_options(12, 1));
    EXPECT_GT(outcome.divergences(0), 0);
    EXPECT_TRUE(outcome.tiled);
}

/// Observed texts of so many tokens after short prompts, one of them after a long one.
std::vector<InputString> long_texts(const std::vector<int>& lengths) {
    const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
    std::vector<InputString> strings;
    for (const int tokens : lengths) {
        const auto number = static_cast<int>(strings.size());
        const int prompt = number == 2 ? 80 : 3 + number;
        auto string = test::long_prompt(*model, number, prompt + tokens);
        string.id = "text-" + std::to_string(number);
        const auto border = string.prompt_tokens->begin() + prompt;
        string.tokens = Tokens(border, string.prompt_tokens->end());
        string.prompt_tokens->erase(border, string.prompt_tokens->end());
        strings.push_back(std::move(string));
    }
    return strings;
}

/// A world of little change, so that its strings leave the text here and there.
class TiledTexts : public testing::Test {
protected:
    TiledTexts() { test::write_vector(folder_ / "vector.gguf", 576, 20, 20, 2.0F); }

    [[nodiscard]] WorldPlan slight() const {
        return test::world_of(
            factual_, "slight",
            {Steer{.path = (folder_ / "vector.gguf").string(), .scope = Scope::written}});
    }

    test::TemporaryFolder folder_;
    WorldPlan factual_ = test::plan_of(test::derived_model("Q4_0"));
};

TEST_F(TiledTexts, DependOnNothingButTheirTokens) {
    const auto hot = test::world_of(factual_, "hot", {SetTemperature{1.05F}});
    const auto strings = long_texts({40, 63, 64, 65, 127, 400});
    const auto outcome =
        run_in_shapes(factual_, {slight(), hot}, strings, test::session_options(12, 1));
    EXPECT_GT(outcome.divergences(0), 0);
    EXPECT_GT(outcome.divergences(1), 0);
}

TEST_F(TiledTexts, OfRunsThatBeganWithoutStayWithout) {
    const auto strings = long_texts({63, 64, 65});  // the last after a long prompt
    auto options = test::session_options(12, 1);
    const auto outcome = test::run(factual_, {slight()}, strings, options);
    options.tiled_texts = false;
    const auto without = test::run(factual_, {slight()}, strings, options);
    EXPECT_EQ(without.divergences(1), 0);
    EXPECT_TRUE(without.tiled);
    ASSERT_EQ(outcome.pairs.size(), without.pairs.size());
    for (std::size_t i = 0; i < outcome.pairs.size(); ++i) {
        const auto& a = outcome.pairs[i];
        const auto& b = without.pairs[i];
        if (a.role == WorldRole::change) {
            EXPECT_EQ(a.margin == b.margin, a.factual->tokens.size() < kTileRows) << a.string;
        }
    }
}

TEST_F(TiledTexts, OfFifteenHundredTokensDependOnNothingElse) {
    auto options = test::session_options(12, 1);
    options.stop_at_divergence = true;
    const auto outcome = run_in_shapes(factual_, {slight()}, long_texts({1500, 70}), options);
    EXPECT_GT(outcome.divergences(0), 0);
}

/// The token that each world writes at each position of a text follows from its laws and the noise.
TEST_F(TiledTexts, AreReadByLawsAsRunsReadThem) {
    const auto strings = long_texts({40, 64, 90, 300});
    auto options = test::session_options(12, 1);
    const auto written = test::run(factual_, {slight()}, strings, options);
    options.read_only = true;
    Session session(factual_, {slight()}, strings, options, {});
    std::map<std::pair<int, int>, std::map<int, Finish>> raced;  // [string, world][position]
    std::mutex mutex;
    const auto race_at = [&](const Draw& draw, int world, int position, const Law& factual,
                             const Law& other) {
        const auto string = static_cast<std::size_t>(draw.string);
        const auto t = static_cast<std::size_t>(position);
        const Hindsight hindsight{.factual = factual, .observed = draw.written->tokens[t]};
        const Place place{.seed = options.seed,
                          .string = session.subjects()[string].noise,
                          .position = static_cast<std::uint32_t>(position)};
        const Finish finish = race(other, Clocks(place), &hindsight);
        const std::scoped_lock lock(mutex);
        raced[{draw.string, world}][position] = finish;
    };
    (void)run_laws(session.scene(), {.on_position = race_at}, {});
    int left = 0;
    for (const auto& pair : written.pairs) {
        const auto& at = raced[{pair.string, pair.world}];
        const auto end = std::min(std::size_t(pair.lcp) + 1, pair.counterfactual.tokens.size());
        left += pair.unchanged() ? 0 : 1;
        double margin = std::numeric_limits<double>::infinity();
        for (std::size_t t = 0; t < end; ++t) {
            const Finish& finish = at.at(static_cast<int>(t));
            EXPECT_EQ(finish.winner, pair.counterfactual.tokens[t]) << pair.string << " " << t;
            margin = std::min(margin, finish.margin);
        }
        EXPECT_EQ(margin, pair.margin) << pair.string;  // to the last bit
        ASSERT_EQ(pair.divergence.has_value(), !pair.unchanged()) << pair.string;
        if (pair.divergence) {
            const Finish& parted = at.at(pair.lcp);
            EXPECT_EQ(pair.divergence->runner_up, parted.runner_up) << pair.string;
            EXPECT_EQ(pair.divergence->margin, parted.margin) << pair.string;
        }
    }
    EXPECT_GT(left, 0);
}

}  // namespace
}  // namespace otherwise
