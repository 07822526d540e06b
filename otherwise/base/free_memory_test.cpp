#include "otherwise/base/free_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace otherwise {
namespace {

TEST(FreeMemory, IsPartOfTheMachines) {
    const auto all = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                     static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto free = free_memory();
    EXPECT_GT(free, std::size_t{1} << 20U);  // bytes, not kilobytes: this process alone has more
    EXPECT_LT(free, all);
}

}  // namespace
}  // namespace otherwise
