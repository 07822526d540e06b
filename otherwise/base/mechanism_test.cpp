#include "otherwise/base/mechanism.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinite = std::numeric_limits<float>::infinity();

TEST(Mechanism, ChecksItsSettings) {
    for (const Mechanism& good :
         {Mechanism{}, Mechanism{.temperature = 0.0F},
          Mechanism{.temperature = 9.0F, .top_k = 1, .top_p = 0.01F, .min_p = 1.0F}}) {
        EXPECT_NO_THROW(check(good));
    }
    for (const float bad : {-0.1F, kNan, kInfinite}) {
        EXPECT_ERROR(check({.temperature = bad}), "a temperature of 0 or more");
    }
    EXPECT_ERROR(check({.top_k = -1}), "top-k");
    for (const float bad : {0.0F, 1.1F, -1.0F, kNan}) {
        EXPECT_ERROR(check({.top_p = bad}), "top-p");
    }
    for (const float bad : {-0.1F, 1.1F, kNan}) {
        EXPECT_ERROR(check({.min_p = bad}), "min-p");
    }
}

TEST(Mechanism, FaultsAreTheCallersOwn) {
    try {
        check({.top_k = -1});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::misuse);
    }
}

TEST(Mechanism, KnowsWhatItDoes) {
    EXPECT_FALSE(Mechanism{}.greedy());
    EXPECT_FALSE(Mechanism{}.truncates());
    EXPECT_TRUE(Mechanism{.temperature = 0.0F}.greedy());
    EXPECT_TRUE(Mechanism{.top_k = 3}.truncates());
    EXPECT_TRUE(Mechanism{.top_p = 0.9F}.truncates());
    EXPECT_TRUE(Mechanism{.min_p = 0.1F}.truncates());
}

}  // namespace
}  // namespace otherwise
