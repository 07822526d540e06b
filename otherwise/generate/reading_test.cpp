// Observed strings read by the writer: their laws are those of each string alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "otherwise/generate/writer.h"
#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Machine;
using test::Scene;
using test::StubEvaluator;

struct Observation {
    std::shared_ptr<const Tokens> prompt;
    Tokens tokens;
};

/// [observations]
std::vector<std::shared_ptr<FactualString>> read_with(StubEvaluator& stub, const Rules& rules,
                                                      const std::vector<Observation>& observations,
                                                      int parallel, int threads,
                                                      WriterCounts& counts) {
    Writer writer(stub, rules, {.parallel = parallel, .threads = threads});
    std::vector<std::shared_ptr<FactualString>> read;
    for (const auto& [prompt, tokens] : observations) {
        auto string = std::make_shared<FactualString>();
        string->observed = true;
        string->written = std::make_shared<Written>(Written{.tokens = tokens});
        writer.push({.prompt = prompt,
                     .written = {},
                     .samples = {{.string = static_cast<int>(read.size())}},
                     .limit = static_cast<int>(tokens.size()),
                     .reading = string});
        read.push_back(string);
    }
    std::vector<bool> whole(read.size());
    while (writer.step(true)) {
        for (const auto& [sample, written] : writer.take()) {
            const auto i = static_cast<std::size_t>(sample.string);
            EXPECT_TRUE(read[i]->impossible_at >= 0 || written.tokens == observations[i].tokens);
            whole[i] = true;
        }
    }
    EXPECT_EQ(std::ranges::count(whole, false), 0);
    counts = writer.counts();
    return read;
}

Scene observed_scene() {
    Scene scene;
    scene.factual.model = {.salt = 6, .strength = 1.0F, .sees_scope = true};
    int i = 0;
    for (const int prompt : {3, 64, 1, 130, 5, 63, 3, 126, 2, 200}) {
        add_subject(scene, "s" + std::to_string(i), prompt, 1 + 7 * i % 50);
        ++i;
    }
    return scene;
}

std::vector<Observation> observations(const Scene& scene) {
    std::vector<Observation> all;
    for (std::size_t i = 0; i < scene.subjects.size(); ++i) {
        all.push_back({.prompt = scene.prompts[i], .tokens = *scene.subjects[i].observed});
    }
    return all;
}

/// Whether every law is the one that the string alone has there.
bool plain_laws(const FactualString& factual, const Scene& scene, std::size_t i,
                const Mechanism& mechanism) {
    test::PlainString text(scene.factual.model, *scene.prompts[i]);
    LawScratch scratch;
    const Tokens& tokens = *scene.subjects[i].observed;
    bool same =
        factual.laws.size() == tokens.size() && factual.first_row == fingerprint(text.logits());
    for (std::size_t t = 0; same && t < tokens.size(); ++t) {
        const auto row = text.logits();
        const Law law = make_law(mechanism, row, scratch);
        const Law view = factual.laws[t].view();
        same = std::ranges::equal(law.logits, view.logits) && law.log_norm == view.log_norm;
        text.write(tokens[t]);
    }
    return same;
}

TEST(Reading, KeepsTheLawsOfEachStringAlone) {
    const Scene scene = observed_scene();
    const Mechanism mechanism{.temperature = 0.8F};
    const Rules rules{.mechanism = mechanism, .ends = test::stub_ends()};
    for (const int parallel : {1, 3, 8, 33}) {
        for (const int min_rows : {1, 2, 8}) {
            for (const bool scoped : {false, true}) {
                for (const bool can_trim : {false, true}) {
                    const Machine machine{.parallel = parallel,
                                          .max_rows = min_rows == 2 ? 40 : 512,
                                          .min_rows = min_rows,
                                          .can_trim = can_trim,
                                          .scoped_calls = scoped};
                    StubEvaluator stub(machine.shape(), scene.factual.model);
                    WriterCounts counts;
                    const auto read = read_with(stub, rules, observations(scene), parallel,
                                                1 + parallel % 2, counts);
                    ASSERT_EQ(read.size(), scene.subjects.size());
                    for (std::size_t i = 0; i < read.size(); ++i) {
                        EXPECT_LT(read[i]->impossible_at, 0);
                        EXPECT_TRUE(plain_laws(*read[i], scene, i, mechanism)) << machine.name();
                        EXPECT_FALSE(plain_laws(*read[i], scene, (i + 1) % read.size(), mechanism));
                    }
                    EXPECT_EQ(counts.rows, stub.rows());
                    EXPECT_EQ(counts.calls, stub.calls());
                    for (int stream = 0; stream < stub.shape().n_streams; ++stream) {
                        EXPECT_EQ(stub.length(stream), 0);
                    }
                }
            }
        }
    }
}

TEST(Reading, FeedsEachRowOnce) {
    const Scene scene = observed_scene();
    StubEvaluator stub(Machine{.parallel = 4}.shape(), scene.factual.model);
    WriterCounts counts;
    (void)read_with(stub, {.ends = test::stub_ends()}, observations(scene), 4, 1, counts);
    long needed = 0;
    for (const auto& observation : observations(scene)) {
        needed += std::ssize(*observation.prompt) + std::ssize(observation.tokens) - 1;
    }
    EXPECT_EQ(counts.needed, needed);
    EXPECT_LE(static_cast<double>(counts.rows), 1.1 * static_cast<double>(needed));
}

/// Texts of unlike lengths go side by side in the order of their lengths, in every round.
TEST(Reading, ReadsTextsOfUnlikeLengthsInFewCalls) {
    Scene scene;
    scene.factual.model.end_logit = -50.0F;
    for (int i = 0; i < 64; ++i) {
        add_subject(scene, "s" + std::to_string(i), 5, 60 + (i * 37) % 64 * 2);
    }
    StubEvaluator stub(Machine{.parallel = 64}.shape(), scene.factual.model);
    WriterCounts counts;
    (void)read_with(stub, {.ends = test::stub_ends()}, observations(scene), 64, 1, counts);
    long needed = 0;
    for (const auto& observation : observations(scene)) {
        needed += std::ssize(*observation.prompt) + std::ssize(observation.tokens) - 1;
    }
    EXPECT_EQ(counts.needed, needed);
    EXPECT_LE(static_cast<double>(counts.rows), 1.1 * static_cast<double>(needed));
    EXPECT_LE(counts.calls, 32);
}

TEST(Reading, ReadsEachOfSeveralSharedHeadsOnce) {
    constexpr int kHead = 80;
    Scene scene;
    std::vector<Observation> all;
    long needed = 0;
    for (int i = 0; i < 12; ++i) {
        add_subject(scene, "s" + std::to_string(i), 1, 6 + i % 4);
        Tokens prompt = test::some_tokens(static_cast<std::uint64_t>(90 + i / 4), kHead);
        prompt.push_back(scene.prompts.back()->front());
        needed += std::ssize(*scene.subjects.back().observed);
        needed += i % 4 == 0 ? kHead : 0;
        all.push_back({.prompt = std::make_shared<const Tokens>(std::move(prompt)),
                       .tokens = *scene.subjects.back().observed});
    }
    constexpr int kTile = 64;
    StubEvaluator stub(Machine{.parallel = 12, .min_rows = 1, .tile_rows = kTile}.shape(),
                       scene.factual.model);
    WriterCounts counts;
    (void)read_with(stub, {.ends = test::stub_ends()}, all, 12, 1, counts);
    EXPECT_EQ(counts.needed, needed);
    EXPECT_LE(static_cast<double>(counts.rows), 1.1 * static_cast<double>(needed));
}

TEST(Reading, FindsTheFirstImpossibleToken) {
    const Scene scene = observed_scene();
    auto all = observations(scene);
    Rules rules{.ends = test::stub_ends()};
    all[4].tokens = {10, 11, 12, 13, 12, 13};
    rules.forbidden = {12, 13};
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i != 4) {
            std::ranges::replace_if(all[i].tokens, [](Token t) { return t == 12 || t == 13; }, 14);
        }
    }
    StubEvaluator stub(Machine{.parallel = 4}.shape(), scene.factual.model);
    WriterCounts counts;
    const auto read = read_with(stub, rules, all, 4, 1, counts);
    for (std::size_t i = 0; i < read.size(); ++i) {
        EXPECT_EQ(read[i]->impossible_at, i == 4 ? 2 : -1);
    }
}

}  // namespace
}  // namespace otherwise
