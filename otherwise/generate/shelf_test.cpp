#include "otherwise/generate/shelf.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

struct Shelf {
    std::vector<std::string> out{};
    PairShelf shelf{[this](const Pair& pair) {
        out.push_back(std::to_string(pair.string) + "." + std::to_string(pair.sample) + "." +
                      std::to_string(pair.world) + (pair.independent ? "i" : ""));
    }};
    bool put(int string, int sample, int world, bool independent = false) {
        return shelf.put(
            {.string = string, .sample = sample, .world = world, .independent = independent});
    }
};

using Names = std::vector<std::string>;

TEST(PairShelf, LetsWholeStringsGoInOrder) {
    Shelf s;
    for (int string = 0; string < 3; ++string) {
        s.shelf.expect(2);
    }
    EXPECT_FALSE(s.put(1, 1, 0));
    EXPECT_TRUE(s.put(1, 0, 0));  // complete, but string 0 is not
    EXPECT_EQ(s.out, Names{});
    EXPECT_FALSE(s.put(0, 0, 0));
    EXPECT_FALSE(s.put(2, 0, 0));
    EXPECT_EQ(s.out, Names{});
    EXPECT_TRUE(s.put(0, 1, 0));
    EXPECT_EQ(s.out, (Names{"0.0.0", "0.1.0", "1.0.0", "1.1.0"}));
    EXPECT_EQ(s.shelf.strings_done(), 2);
}

TEST(PairShelf, OrdersSamplesThenWorldsThenFreshNoise) {
    Shelf s;
    s.shelf.expect(6);
    s.put(0, 1, 0);
    s.put(0, 0, 1, true);
    s.put(0, 0, 0, true);
    s.put(0, 0, 1);
    s.put(0, 1, 1);
    s.put(0, 0, 0);
    EXPECT_EQ(s.out, (Names{"0.0.0", "0.0.0i", "0.0.1", "0.0.1i", "0.1.0", "0.1.1"}));
}

TEST(PairShelf, DroppedStringsHoldNothingUp) {
    Shelf s;
    s.shelf.expect(1);
    s.shelf.expect(1);
    s.shelf.expect(0);
    s.shelf.expect(1);
    s.put(3, 0, 0);
    s.put(1, 0, 0);
    EXPECT_EQ(s.out, Names{});
    s.shelf.drop(0);
    EXPECT_EQ(s.out, (Names{"1.0.0", "3.0.0"}));
    EXPECT_EQ(s.shelf.strings_done(), 4);
}

TEST(PairShelf, StringsNotAnnouncedAreRefused) {
    Shelf s;
    EXPECT_THROW(s.put(0, 0, 0), std::out_of_range);
    EXPECT_THROW(s.shelf.drop(0), std::out_of_range);
}

}  // namespace
}  // namespace otherwise
