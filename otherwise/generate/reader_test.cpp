#include "otherwise/generate/reader.h"

#include <gtest/gtest.h>

#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Machine;
using test::Scene;
using test::StubEvaluator;

std::vector<ReadString> read_with(StubEvaluator& stub, const Rules& rules,
                                  const std::vector<Observation>& observations, int parallel,
                                  int threads, WriterCounts& counts) {
    SharedHead head(stub, parallel + stub.shape().min_rows - 1);
    return read_laws(stub, rules, observations, parallel, threads, head, counts);
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
        all.push_back({.string = static_cast<int>(10 + i),
                       .id = scene.subjects[i].id,
                       .prompt = scene.prompts[i],
                       .tokens = *scene.subjects[i].observed});
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

TEST(ReadLaws, AreThoseOfEachStringAlone) {
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
                        EXPECT_EQ(read[i].string, static_cast<int>(10 + i));
                        EXPECT_LT(read[i].impossible_at, 0);
                        EXPECT_TRUE(plain_laws(*read[i].factual, scene, i, mechanism))
                            << machine.name();
                        EXPECT_FALSE(
                            plain_laws(*read[i].factual, scene, (i + 1) % read.size(), mechanism));
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

TEST(ReadLaws, FeedsEachRowOnce) {
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

TEST(ReadLaws, FindsTheFirstImpossibleToken) {
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
        EXPECT_EQ(read[i].impossible_at, i == 4 ? 2 : -1);
    }
}

TEST(ReadLaws, KnowsHowAStringEnded) {
    Scene scene = observed_scene();
    scene.subjects[0].observed = Tokens{7, test::kOtherStubEnd};
    scene.subjects[1].observed = Tokens{7, 8};
    StubEvaluator stub(Machine{.parallel = 4}.shape(), scene.factual.model);
    WriterCounts counts;
    const auto read =
        read_with(stub, {.ends = test::stub_ends()}, observations(scene), 4, 1, counts);
    EXPECT_TRUE(read[0].factual->written->ended);
    EXPECT_FALSE(read[1].factual->written->ended);
    EXPECT_TRUE(read[0].factual->observed);
}

}  // namespace
}  // namespace otherwise
