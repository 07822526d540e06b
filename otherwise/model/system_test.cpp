// needs: llama
#include "otherwise/model/system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace otherwise {
namespace {

TEST(System, NamesTheProcessorAndItsFeatures) {
    EXPECT_THAT(processor_features(), testing::HasSubstr("CPU : "));
    EXPECT_THAT(processor_features(), testing::Not(testing::EndsWith("| ")));
    EXPECT_EQ(processor_features(), processor_features());
    EXPECT_THAT(backend_devices(false), testing::HasSubstr("CPU"));
    EXPECT_GT(backend_devices(true).size(), backend_devices(false).size());
}

}  // namespace
}  // namespace otherwise
