// needs: llama
//
// The covariance of keys; KeySolver is tested in write_test.cpp.
#include "otherwise/fit/edit/key_covariance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "otherwise/fit/states/corpus.h"
#include "otherwise/fit/states/states.h"
#include "tests/support/edit_scene.h"
#include "tests/support/expect_error.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

class KeysOfAModel : public testing::Test {
protected:
    void SetUp() override { scene_ = test::scene_for_edit(test::tiny_model(folder_, "llama")); }

    [[nodiscard]] CovarianceOptions options() const {
        return {.layers = {1, 2}, .text = {.tokens = 300}, .cache = folder_ / "cache"};
    }
    [[nodiscard]] std::vector<KeyCovariance> find(const CovarianceOptions& options) const {
        return key_covariances(scene_.model, scene_.architecture, options);
    }
    [[nodiscard]] std::ptrdiff_t n_kept() const {
        return std::distance(std::filesystem::directory_iterator(folder_ / "cache"), {});
    }
    [[nodiscard]] std::filesystem::path corpus() const {
        const auto path = folder_ / "corpus.txt";
        std::ofstream file(path);
        for (int i = 0; i < 60; ++i) {
            file << "the king of the sea found a ship and the bird wrote " << i << " letters\n";
        }
        return path;
    }
    test::TemporaryFolder folder_;
    EditScene scene_;
};

TEST_F(KeysOfAModel, AreSummedOverEveryTokenOfTheCorpus) {
    auto asked = options();
    asked.text = {.corpus = corpus(), .tokens = 300};
    const auto found = find(asked);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].layer, 2);
    const auto inner = static_cast<std::size_t>(scene_.architecture.inner);
    ASSERT_EQ(found[1].lower.size(), inner * (inner + 1) / 2);
    // The same texts, 64 tokens each, one after the other.
    const Tokens all = corpus_tokens(*scene_.model, asked.text.corpus, 300);
    const Tokens start = scene_.model->tokenize("", true, false);
    std::vector<double> sums(found[1].lower.size());
    long keys = 0;
    for (std::size_t at = 0; at < all.size(); at += 64) {
        Tokens text = start;
        text.insert(text.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                    all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + 64)));
        ReadStatesOptions reading{.nodes = {scene_.architecture.key_node(2)}, .on_states = {}};
        reading.on_states = [&](const TextStates& states) {
            for (std::size_t row = 0; row < states.values.size(); row += inner) {
                ++keys;
                std::size_t to = 0;
                for (std::size_t i = 0; i < inner; ++i) {
                    for (std::size_t j = 0; j <= i; ++j) {
                        sums[to++] +=
                            static_cast<double>(states.values[row + i]) * states.values[row + j];
                    }
                }
            }
        };
        ASSERT_TRUE(read_states(scene_.model, std::span(&text, 1), reading));
    }
    EXPECT_EQ(found[1].keys, keys);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        ASSERT_NEAR(found[1].lower[i], sums[i] / static_cast<double>(keys), 1e-6) << i;
    }
}

TEST_F(KeysOfAModel, AreKeptAndReadAgain) {
    const auto first = find(options());
    EXPECT_EQ(n_kept(), 2);
    auto again = options();
    again.cancelled = [] { return true; };  // nothing may be evaluated
    const auto kept = find(again);
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].lower, first[0].lower);
    EXPECT_EQ(kept[0].keys, first[0].keys);
    again.layers = {0, 1};  // one of them is new
    EXPECT_TRUE(find(again).empty());
    again.cancelled = {};
    EXPECT_EQ(find(again)[1].lower, first[0].lower);
    EXPECT_EQ(n_kept(), 3);
}

TEST_F(KeysOfAModel, OfAnotherTextOrRemedyAreOthers) {
    const auto first = find(options());
    auto other = options();
    other.least_rows = 8;
    (void)find(other);
    EXPECT_EQ(n_kept(), 4);
    other = options();
    other.text.seed = 5;
    EXPECT_NE(find(other)[0].lower, first[0].lower);
    EXPECT_EQ(n_kept(), 6);
    other.text.tokens = 310;
    (void)find(other);
    EXPECT_EQ(n_kept(), 8);
}

TEST_F(KeysOfAModel, OfABrokenFileAreMadeAgain) {
    const auto first = find(options());
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "cache")) {
        std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(-3, std::ios::end);
        file.put('\x55');
    }
    const auto again = find(options());
    EXPECT_EQ(again[0].lower, first[0].lower);
    auto kept = options();
    kept.cancelled = [] { return true; };
    EXPECT_EQ(find(kept)[1].lower, first[1].lower);  // whole again
}

TEST_F(KeysOfAModel, NeedEnoughText) {
    const auto& a = scene_.architecture;
    EXPECT_EQ(least_covariance_tokens(a), 2L * a.inner);
    EXPECT_EQ(covariance_tokens(a), 4096);
    auto wide = a;
    wide.inner = 3000;
    EXPECT_EQ(covariance_tokens(wide), 9000);
    check_corpus(*scene_.model, a, {.corpus = corpus()});
    EXPECT_ERROR(check_corpus(*scene_.model, a, {.tokens = 255}),
                 "at least 256 tokens for the covariance of this model, got 255");
    EXPECT_ERROR(check_corpus(*scene_.model, a, {.corpus = corpus(), .tokens = 255}),
                 "a corpus of at least 256 tokens (twice the 128 values of a key), got 255 in");
}

}  // namespace
}  // namespace otherwise
