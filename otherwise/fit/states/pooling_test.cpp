#include "otherwise/fit/states/pooling.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(PoolingWords, AreReadBothWays) {
    EXPECT_EQ(pooling_names(), (std::vector<std::string>{"last", "mean", "every"}));
    EXPECT_EQ(pooling_of("last"), Pooling::last);
    EXPECT_EQ(pooling_of("mean"), Pooling::mean);
    EXPECT_EQ(pooling_of("every"), Pooling::every);
    for (const auto& name : pooling_names()) {
        EXPECT_EQ(pooling_name(pooling_of(name)), name);
    }
    EXPECT_ERROR(pooling_of("first"), "a pooling");
}

}  // namespace
}  // namespace otherwise
