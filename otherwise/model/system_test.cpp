// needs: llama
#include "otherwise/model/system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(System, NamesTheProcessorAndItsFeatures) {
    EXPECT_THAT(processor_features(), testing::HasSubstr("CPU : "));
    EXPECT_THAT(processor_features(), testing::Not(testing::EndsWith("| ")));
    EXPECT_EQ(processor_features(), processor_features());
    EXPECT_THAT(backend_devices(false), testing::HasSubstr("CPU"));
    EXPECT_GT(backend_devices(true).size(), backend_devices(false).size());
}

TEST(System, AModelBeyondTheFreeMemoryIsRefused) {
    constexpr std::size_t kMegabyte = std::size_t{1} << 20U;
    EXPECT_NO_THROW(require_model_memory(500 * kMegabyte, 500 * kMegabyte));
    EXPECT_NO_THROW(require_model_memory(500 * kMegabyte, 0));  // unknown
    EXPECT_ERROR(require_model_memory(500 * kMegabyte, 400 * kMegabyte),
                 "fits into the 400 MB of memory that are free, got one of 501 MB; try a smaller");
}

}  // namespace
}  // namespace otherwise
