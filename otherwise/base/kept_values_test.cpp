#include "otherwise/base/kept_values.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

constexpr std::size_t kLarge = 1000;  // beside which keys and lists count for little
constexpr std::size_t kThree = 3 * kLarge + 500;

std::shared_ptr<int> number(int value) { return std::make_shared<int>(value); }

TEST(KeptValues, TheLongestUnusedGoesFirst) {
    KeptValues kept(kThree);
    EXPECT_TRUE(kept.put("a", number(1), kLarge));
    EXPECT_TRUE(kept.put("b", number(2), kLarge));
    EXPECT_TRUE(kept.put("c", number(3), kLarge));
    EXPECT_EQ(*kept.find<int>("a"), 1);  // used again
    EXPECT_TRUE(kept.put("d", number(4), kLarge));
    EXPECT_EQ(kept.find<int>("b"), nullptr);
    EXPECT_EQ(*kept.find<int>("a"), 1);
    EXPECT_EQ(*kept.find<int>("c"), 3);
    EXPECT_EQ(*kept.find<int>("d"), 4);
    EXPECT_LE(kept.bytes(), kept.most());
}

TEST(KeptValues, WhatIsHeldStays) {
    KeptValues kept(kThree);
    const auto held = number(1);
    EXPECT_TRUE(kept.put("held", held, kLarge));
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(kept.put("next " + std::to_string(i), number(i), kLarge));
    }
    EXPECT_EQ(kept.find<int>("held"), held);
    EXPECT_EQ(kept.size(), 3U);
    EXPECT_FALSE(kept.make_room(kThree - kLarge)) << "it counts";
    EXPECT_EQ(kept.size(), 3U) << "so nothing goes in vain";
    kept.drop(held);
    EXPECT_EQ(kept.size(), 2U);
    EXPECT_TRUE(kept.make_room(kThree));
}

TEST(KeptValues, WhatDoesNotFitIsNotKept) {
    KeptValues kept(kThree);
    EXPECT_FALSE(kept.put("large", number(1), kThree + 1));
    EXPECT_EQ(kept.find<int>("large"), nullptr);
    EXPECT_EQ(kept.bytes(), 0U);
    EXPECT_FALSE(kept.make_room(kThree + 1));
}

TEST(KeptValues, AKeyMayHaveSeveralOrOneInPlaceOfAll) {
    KeptValues kept(kThree);
    EXPECT_TRUE(kept.put("a", number(1), 10));
    EXPECT_TRUE(kept.put("a", number(2), 10));
    const auto first = kept.find_idle<int>("a");
    EXPECT_EQ(*first, 2);
    const auto second = kept.find_idle<int>("a");
    EXPECT_EQ(*second, 1);
    EXPECT_EQ(kept.find_idle<int>("a"), nullptr);
    EXPECT_TRUE(kept.replace("a", number(3), 10));
    EXPECT_EQ(kept.size(), 1U);
    EXPECT_EQ(*kept.find<int>("a"), 3);
}

}  // namespace
}  // namespace otherwise
