#include "otherwise/base/thread_governor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace otherwise {
namespace {

constexpr double kWindow = 0.05;

/// A fair machine: threads and busy processes share its processors evenly, and calls go as fast as
/// the thread that waits most.
struct Machine {
    int processors = 2;
    int busy = 0;

    [[nodiscard]] double lack(int threads) const {
        const double share = std::min(1.0, processors / static_cast<double>(threads + busy));
        return threads * (1.0 - share);
    }
    [[nodiscard]] double speed(int threads) const {
        return threads * std::max(0.0, 1.0 - lack(threads));
    }
};

/// Lets it run for so many seconds; the mean speed.
double run(ThreadGovernor& governor, const Machine& machine, double seconds) {
    double done = 0.0;
    const int windows = static_cast<int>(std::lround(seconds / kWindow));
    for (int i = 0; i < windows; ++i) {
        done += machine.speed(governor.threads());
        governor.observe(kWindow, machine.lack(governor.threads()) * kWindow);
    }
    return done / windows;
}

TEST(ThreadGovernor, KeepsAllThreadsOfAQuietMachine) {
    for (const int processors : {1, 2, 4, 8, 16, 64}) {
        ThreadGovernor governor(processors);
        EXPECT_EQ(run(governor, {.processors = processors}, 20.0), processors);
        EXPECT_EQ(governor.threads(), processors);
    }
}

TEST(ThreadGovernor, LeavesProcessorsToBusyProcesses) {
    for (const int processors : {2, 4, 8, 16, 64}) {
        for (const int busy : {1, processors / 2, processors - 1}) {
            const Machine machine{.processors = processors, .busy = busy};
            ThreadGovernor governor(processors);
            run(governor, machine, 1.0);
            const double best = processors - busy;
            EXPECT_GT(run(governor, machine, 60.0), 0.97 * best) << processors << " " << busy;
            // Control: all threads would be slower by far.
            EXPECT_LT(machine.speed(processors), 0.7 * best);
        }
    }
}

TEST(ThreadGovernor, TakesAllAgainWhenTheOtherWorkEnds) {
    for (const int processors : {2, 8, 64}) {
        ThreadGovernor governor(processors);
        run(governor, {.processors = processors, .busy = 1}, 30.0);
        run(governor, {.processors = processors}, 8.5);
        EXPECT_EQ(run(governor, {.processors = processors}, 1.0), processors);
    }
}

TEST(ThreadGovernor, TriesSeldomWhileTheOtherWorkGoesOn) {
    const Machine machine{.processors = 2, .busy = 1};
    ThreadGovernor governor(2);
    run(governor, machine, 20.0);
    int tries = 0;
    for (int i = 0; i < 2000; ++i) {  // 100 seconds
        tries += governor.threads() == 2 ? 1 : 0;
        governor.observe(kWindow, machine.lack(governor.threads()) * kWindow);
    }
    EXPECT_GE(tries, 11);
    EXPECT_LE(tries, 13);
}

TEST(ThreadGovernor, TriesOfSlowCallsAreSeldomToo) {
    constexpr double kCall = 2.0;  // seconds with one thread; nine times that with two
    ThreadGovernor governor(2);
    double all = 0.0;
    double in_tries = 0.0;
    for (int i = 0; i < 1000; ++i) {
        const bool slow = governor.threads() == 2;
        const double seconds = slow ? 9.0 * kCall : kCall;
        all += seconds;
        in_tries += slow ? seconds : 0.0;
        governor.observe(seconds, slow ? seconds : 0.0);
    }
    EXPECT_GT(in_tries, 0.0);
    EXPECT_LT(in_tries, 0.07 * all);
}

TEST(ThreadGovernor, SmallWaitsAreNoReason) {
    for (const int most : {2, 8, 64}) {
        ThreadGovernor governor(most);
        for (int i = 0; i < 200; ++i) {
            governor.observe(kWindow, 0.2 * kWindow);
        }
        EXPECT_EQ(governor.threads(), most);
    }
    ThreadGovernor governor(8);  // control
    governor.observe(kWindow, 0.3 * kWindow);
    EXPECT_EQ(governor.threads(), 7);
}

TEST(ThreadGovernor, TwoThreadsOnOneProcessorBecomeOne) {
    ThreadGovernor governor(2);
    governor.observe(kWindow, kWindow);
    EXPECT_EQ(governor.threads(), 1);
}

TEST(ThreadGovernor, MoreThreadsThanProcessors) {
    ThreadGovernor governor(8);  // -t 8 on two
    run(governor, {.processors = 2}, 2.0);
    EXPECT_GT(run(governor, {.processors = 2}, 60.0), 0.95 * 2.0);
}

TEST(ThreadGovernor, StaysWithinItsBoundsWhateverItIsTold) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> uniform(-1.0, 70.0);
    for (const int most : {-3, 0, 1, 2, 5, 64}) {
        ThreadGovernor governor(most);
        for (int i = 0; i < 5000; ++i) {
            governor.observe(uniform(random), i % 97 == 0 ? std::numeric_limits<double>::quiet_NaN()
                                                          : uniform(random));
            ASSERT_GE(governor.threads(), 1);
            ASSERT_LE(governor.threads(), std::max(1, most));
        }
    }
}

}  // namespace
}  // namespace otherwise
