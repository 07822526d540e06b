#include "otherwise/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace otherwise {
namespace {

TEST(ParallelFor, CallsEveryIndexOnce) {
    for (const int threads : {-1, 0, 1, 2, 5}) {
        for (const int n : {0, 1, 2, 100}) {
            std::vector<std::atomic<int>> calls(static_cast<std::size_t>(n));
            parallel_for(n, threads, [&](int i) { ++calls[static_cast<std::size_t>(i)]; });
            for (const auto& count : calls) {
                EXPECT_EQ(count, 1);
            }
        }
    }
}

TEST(ParallelFor, WhatItsCallsWroteIsSeenAfterwards) {  // a data race otherwise
    std::vector<int> squares(1000);
    parallel_for(1000, 2, [&](int i) { squares[static_cast<std::size_t>(i)] = i * i; });
    EXPECT_EQ(squares[999], 999 * 999);
}

TEST(ParallelFor, RethrowsOneException) {
    for (const int threads : {1, 2, 4}) {
        std::atomic<int> calls = 0;
        const auto run = [&] {
            parallel_for(20, threads, [&](int i) {
                ++calls;
                if (i % 2 == 1) {
                    throw std::runtime_error("index " + std::to_string(i));
                }
            });
        };
        EXPECT_THROW(run(), std::runtime_error);
        EXPECT_GE(calls, 2);
        calls = 0;
        EXPECT_NO_THROW(parallel_for(20, threads, [&](int) { ++calls; }));  // and works again
        EXPECT_EQ(calls, 20);
    }
}

}  // namespace
}  // namespace otherwise
