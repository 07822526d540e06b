#include "otherwise/measure/distance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace otherwise {
namespace {

/// The textbook's table, as a reference.
template <typename Text>
int plain_distance(const Text& a, const Text& b) {
    std::vector<int> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        int diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const int replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

TEST(Characters, AreCodePoints) {
    EXPECT_EQ(characters_of("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8D\xB0z"), U"aé€🍰z");
    EXPECT_EQ(characters_of("a\xFF\xC3z"), U"a\uFFFD\uFFFDz");
    EXPECT_EQ(characters_of(""), U"");
    EXPECT_EQ(characters_of(std::string_view("\0b", 2)), std::u32string(U"\0b", 2));
}

TEST(SharedStart, InCharactersAndTokens) {
    // é and è share their first byte, but no character.
    EXPECT_EQ(shared_start(characters_of("caf\xC3\xA9"), characters_of("caf\xC3\xA8")), 3);
    EXPECT_EQ(shared_start(U"", U"abc"), 0);
    EXPECT_EQ(shared_start(U"ab", U"abc"), 2);
    EXPECT_EQ(shared_start(Tokens{1, 2, 3}, Tokens{1, 2, 4, 3}), 2);
}

TEST(EditDistance, KnownValues) {
    EXPECT_EQ(edit_distance(U"kitten", U"sitting"), 3);
    EXPECT_EQ(edit_distance(U"", U"abc"), 3);
    EXPECT_EQ(edit_distance(U"abc", U"abc"), 0);
    EXPECT_EQ(edit_distance(characters_of("na\xC3\xAFve"), U"naive"), 1);
    EXPECT_EQ(edit_distance(U"ab", U"ba"), 2);  // a swap is two edits
    EXPECT_EQ(edit_distance(Tokens{1, 300000, 3}, Tokens{1, 44, 300000}), 2);
}

TEST(EditDistance, AgreesWithTheTable) {
    std::mt19937_64 engine(1);
    for (int i = 0; i < 200; ++i) {
        // Around 64 and 128, where the bit-parallel form changes words; wide numbers as well.
        std::u32string a(engine() % 140, U' ');
        std::u32string b(engine() % 140, U' ');
        Tokens c;
        Tokens d;
        for (auto& x : a) {
            x = static_cast<char32_t>(U'a' + engine() % 4);
            c.push_back(static_cast<Token>(x) * 1000);
        }
        for (auto& x : b) {
            x = static_cast<char32_t>(U'a' + engine() % 4);
            d.push_back(static_cast<Token>(x) * 1000);
        }
        ASSERT_EQ(edit_distance(a, b), plain_distance(a, b));
        ASSERT_EQ(edit_distance(c, d), plain_distance(a, b));
    }
}

}  // namespace
}  // namespace otherwise
