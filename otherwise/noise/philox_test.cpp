#include "otherwise/noise/philox.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

// The three "philox4x32 10" lines of tests/kat_vectors in Random123 1.14
// (github.com/DEShawResearch/random123): counter, key, expected words.
struct Answer {
    PhiloxCounter counter;
    PhiloxKey key;
    PhiloxCounter words;
};
constexpr Answer kAnswers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

TEST(Philox, GivesRandom123sKnownAnswers) {
    for (const Answer& answer : kAnswers) {
        EXPECT_EQ(philox(answer.counter, answer.key), answer.words);
    }
}

TEST(Philox, EveryInputBitMatters) {
    const PhiloxCounter counter{1, 2, 3, 4};
    const PhiloxKey key{5, 6};
    const PhiloxCounter words = philox(counter, key);
    for (unsigned bit = 0; bit < 32; ++bit) {
        for (std::size_t i = 0; i < 4; ++i) {
            PhiloxCounter changed = counter;
            changed[i] ^= 1U << bit;
            EXPECT_NE(philox(changed, key), words);
        }
        for (std::size_t i = 0; i < 2; ++i) {
            PhiloxKey changed = key;
            changed[i] ^= 1U << bit;
            EXPECT_NE(philox(counter, changed), words);
        }
    }
}

}  // namespace
}  // namespace otherwise
