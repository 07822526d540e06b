#include "otherwise/base/shared_governor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace otherwise {
namespace {

/// Whose threads have waited what the test says.
struct Fixture {
    double waited = 0.0;
    bool counts = true;
    SharedGovernor governor{[this] { return counts ? std::optional(waited) : std::nullopt; }};

    /// A call in which threads waited `lack` of its time.
    void call(int most, double seconds, double lack) {
        const int threads = governor.threads(most);
        waited += lack * seconds;
        governor.took(most, threads, seconds);
    }
};

TEST(SharedGovernor, WhatOneLearnsCountsForAll) {
    Fixture f;
    EXPECT_EQ(f.governor.threads(2), 2);
    f.call(2, 0.06, 1.0);
    EXPECT_EQ(f.governor.threads(2), 1);
    EXPECT_EQ(f.governor.threads(4), 4) << "another number of threads is another governor";
}

TEST(SharedGovernor, ShortCallsAreTakenTogether) {
    Fixture f;
    for (int i = 0; i < 4; ++i) {
        f.call(2, 0.011, 1.0);
        EXPECT_EQ(f.governor.threads(2), 2);
    }
    f.call(2, 0.011, 1.0);
    EXPECT_EQ(f.governor.threads(2), 1);
}

TEST(SharedGovernor, WaitsBeforeARestartDoNotCount) {
    Fixture f;
    EXPECT_EQ(f.governor.threads(2), 2);
    f.waited = 50.0;
    f.governor.restart(2);
    f.call(2, 0.06, 0.1);
    EXPECT_EQ(f.governor.threads(2), 2);
    f.waited = 100.0;  // control
    f.call(2, 0.06, 0.1);
    EXPECT_EQ(f.governor.threads(2), 1);
}

TEST(SharedGovernor, CallsThatBeganBeforeAChangeDoNotCount) {
    Fixture f;
    f.call(2, 0.06, 1.0);
    ASSERT_EQ(f.governor.threads(2), 1);
    f.governor.took(2, 2, 60.0);
    EXPECT_EQ(f.governor.threads(2), 1);
    f.governor.took(2, 1, 60.0);  // control: time to try again
    EXPECT_EQ(f.governor.threads(2), 2);
}

TEST(SharedGovernor, AllThreadsWhereTheSystemDoesNotCount) {
    Fixture f;
    f.counts = false;
    f.call(2, 10.0, 2.0);
    EXPECT_EQ(f.governor.threads(2), 2);
}

TEST(SharedGovernor, IsThreadSafe) {  // a data race otherwise
    std::atomic<int> reads = 0;
    SharedGovernor governor([&] { return std::optional(0.001 * ++reads); });
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int call = 0; call < 500; ++call) {
                governor.took(2 + i % 2, governor.threads(2 + i % 2), 0.03);
                governor.restart(2);
            }
        });
    }
    threads.clear();
    EXPECT_GE(governor.threads(2), 1);
}

}  // namespace
}  // namespace otherwise
