#include "otherwise/generate/run_memory.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

constexpr std::size_t kGigabyte = std::size_t{1} << 30U;

TEST(RunMemory, TenMillionStringsTakeEighteenGigabytes) {
    const std::size_t bytes = 10'000'000 * string_bytes(48);
    EXPECT_NEAR(static_cast<double>(bytes), 18e9, 1e9);
    require_string_memory(10'000'000, bytes, 20 * kGigabyte);
    EXPECT_ERROR(require_string_memory(10'000'000, bytes, 12 * kGigabyte),
                 "12288 MB of memory that are free, got at least 10,000,000, which take ");
}

TEST(RunMemory, PairsAndContextsTogether) {
    const RunCounts counts{.strings = 1'000'000, .pairs = 10'000'000};
    EXPECT_EQ(pair_bytes(counts, 10), 2'320'000'000U);
    require_pair_memory(counts, 10, kGigabyte, 4 * kGigabyte);
    EXPECT_ERROR(
        require_pair_memory(counts, 10, kGigabyte, 3 * kGigabyte),
        "got 1025 MB for contexts and 2213 MB for what 10,000,000 pairs come to; take fewer");
    EXPECT_ERROR(require_pair_memory(counts, 10, 9 * kGigabyte, 3 * kGigabyte),
                 "got 9217 MB for contexts and 2213 MB for what 10,000,000 pairs come to; lower");
}

TEST(RunMemory, NothingIsRefusedWhereTheSystemDoesNotSay) {
    require_string_memory(1, kGigabyte, 0);
    require_pair_memory({.strings = 1, .pairs = 1L << 40}, 1, kGigabyte, 0);
}

}  // namespace
}  // namespace otherwise
