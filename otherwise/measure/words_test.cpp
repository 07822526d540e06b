#include "otherwise/measure/words.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace otherwise {
namespace {

const WordShift* find(const std::vector<WordShift>& words, const std::string& word) {
    for (const auto& entry : words) {
        if (entry.word == word) {
            return &entry;
        }
    }
    return nullptr;
}

TEST(Words, ByHand) {
    WordCounter counter;
    counter.add("The cat sat.", "The dog sat, the dog!");
    const WordSummary s = counter.summary(10);
    EXPECT_EQ(s.tested, 4);
    EXPECT_EQ(s.factual_words, 3);
    EXPECT_EQ(s.counterfactual_words, 5);
    const WordShift* dog = find(s.gained, "dog");
    ASSERT_NE(dog, nullptr);
    EXPECT_EQ(dog->factual, 0);
    EXPECT_EQ(dog->counterfactual, 2);
    EXPECT_EQ(dog->pairs, 1);
    // y = 0 of 3 and 2 of 5, prior 500 · 2 / 8 = 125.
    const double delta = std::log(127.0 / (505.0 - 127.0)) - std::log(125.0 / (503.0 - 125.0));
    EXPECT_NEAR(dog->log_odds, delta, 1e-12);
    EXPECT_NEAR(dog->z, delta / std::sqrt(1.0 / 127 + 1.0 / 125), 1e-12);
    ASSERT_NE(find(s.lost, "cat"), nullptr);
    EXPECT_EQ(find(s.gained, "cat"), nullptr);
    EXPECT_EQ(counter.summary(1).gained.size(), 1U);
}

TEST(Words, BeyondChanceAreCountedBeforeTheListIsCut) {
    WordCounter counter;
    std::string gained;
    for (int word = 0; word < 20; ++word) {
        gained += " w" + std::to_string(word);
    }
    for (int pair = 0; pair < 400; ++pair) {
        counter.add("the cat sat", "the cat" + gained);
    }
    const WordSummary s = counter.summary(12);
    EXPECT_EQ(s.gained.size(), 12U);
    EXPECT_EQ(s.sure_gained, 20);
    EXPECT_EQ(s.gained.front().word, "w0");  // equal ones in the words' order
    EXPECT_EQ(s.sure_lost, 3);
    EXPECT_EQ(s.gained.front().pairs, 400);
    EXPECT_EQ(counter.summary(1).sure_gained, 20);
}

TEST(Words, AreUnicodeAndFoldAsciiCase) {
    WordCounter counter;
    counter.add("Don\xE2\x80\x99t DON'T na\xC3\xAFve", "10 caf\xC3\xA9s -- \xF0\x9F\x8D\xB0");
    const WordSummary s = counter.summary(10);
    EXPECT_EQ(s.factual_words, 3);
    EXPECT_EQ(s.counterfactual_words, 2);
    EXPECT_NE(find(s.lost, "don't"), nullptr);
    EXPECT_NE(find(s.lost, "na\xC3\xAFve"), nullptr);
    EXPECT_NE(find(s.gained, "caf\xC3\xA9s"), nullptr);
}

TEST(Words, OverTheThresholdAreRareByChance) {
    // 200 studies in which both sides draw from the same 200 words: a list with any word over the
    // threshold should come at most once in twenty. Binomial: more than 22 with chance < 1e-3.
    std::mt19937_64 engine(1);
    int alarms = 0;
    constexpr int kStudies = 200;
    for (int study = 0; study < kStudies; ++study) {
        WordCounter counter;
        for (int pair = 0; pair < 50; ++pair) {
            std::string texts[2];
            for (auto& text : texts) {
                for (int i = 0; i < 20; ++i) {
                    text += "w" + std::to_string(engine() % 200) + " ";
                }
            }
            counter.add(texts[0], texts[1]);
        }
        const WordSummary s = counter.summary(1);
        alarms += s.gained[0].z > s.threshold || s.lost[0].z < -s.threshold ? 1 : 0;
    }
    EXPECT_LE(alarms, 22);
    // The control: a word that only one side writes is found.
    WordCounter counter;
    for (int pair = 0; pair < 50; ++pair) {
        counter.add("a quiet old house by the sea", "a quiet old koala by the sea");
    }
    const WordSummary s = counter.summary(1);
    EXPECT_EQ(s.gained[0].word, "koala");
    EXPECT_GT(s.gained[0].z, s.threshold);
    EXPECT_EQ(s.lost[0].word, "house");
    EXPECT_LT(s.lost[0].z, -s.threshold);
    EXPECT_EQ(s.gained[0].pairs, 50);
}

TEST(Words, OfNothing) {
    const WordSummary s = WordCounter{}.summary(5);
    EXPECT_EQ(s.tested, 0);
    EXPECT_TRUE(s.gained.empty());
    WordCounter one;
    one.add("word word", "");
    EXPECT_EQ(one.summary(5).tested, 1);
}

TEST(TwoSidedZ, KnownValues) {
    EXPECT_NEAR(two_sided_z(0.05), 1.959964, 1e-5);
    EXPECT_NEAR(two_sided_z(0.05 / 1000), 4.055627, 1e-5);
    EXPECT_NEAR(two_sided_z(1.0), 0.0, 1e-9);
}

}  // namespace
}  // namespace otherwise
