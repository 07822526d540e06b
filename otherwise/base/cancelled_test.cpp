#include "otherwise/base/cancelled.h"

#include <gtest/gtest.h>

#include <thread>

#include "otherwise/base/hash.h"

namespace otherwise {
namespace {

TEST(Cancelled, OnlyWithinAScope) {
    EXPECT_NO_THROW(stop_if_cancelled());
    {
        const CancelScope scope([] { return true; });
        EXPECT_TRUE(is_cancelled());
        EXPECT_THROW(stop_if_cancelled(), Cancelled);
        EXPECT_THROW((void)sha256_file("/proc/self/exe"), Cancelled);
    }
    EXPECT_NO_THROW(stop_if_cancelled());
}

TEST(Cancelled, TheInnermostScopeIsAsked) {
    const CancelScope outer([] { return true; });
    {
        const CancelScope inner([] { return false; });
        EXPECT_FALSE(is_cancelled());
        const CancelScope never({});
        EXPECT_FALSE(is_cancelled());
    }
    EXPECT_TRUE(is_cancelled());
}

TEST(Cancelled, OtherThreadsGoOn) {
    const CancelScope scope([] { return true; });
    bool there = true;
    std::thread([&] { there = is_cancelled(); }).join();
    EXPECT_FALSE(there);
}

}  // namespace
}  // namespace otherwise
