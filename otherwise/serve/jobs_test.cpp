#include "otherwise/serve/jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <new>

#include "otherwise/serve/limits.h"

namespace otherwise::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::shared_ptr<Job> job(const std::string& session, Job::Work work,
                         const std::string& kind = "run") {
    return std::make_shared<Job>(session, kind, std::move(work));
}

/// All events of a job.
std::vector<std::string> events(Job& job) {
    std::vector<std::string> all;
    while (!job.over()) {
        if (auto event = job.next(seconds(5))) {
            all.push_back(*event);
        }
    }
    return all;
}

/// Holds the thread that evaluates until it is let go.
class Gate {
public:
    [[nodiscard]] Job::Work work() {
        return [this](Job& job) {
            entered_.set_value();
            while (!open_ && !job.cancelled()) {
                std::this_thread::sleep_for(milliseconds(1));
            }
            ended_as_ = job.cancelled() ? "cancelled" : "whole";
            job.emit(ended_as_);
        };
    }
    void wait() { entered_.get_future().wait(); }
    void open() { open_ = true; }
    /// Once the job is over.
    [[nodiscard]] const std::string& ended_as() const { return ended_as_; }

private:
    std::promise<void> entered_;
    std::atomic<bool> open_{false};
    std::string ended_as_;
};

TEST(Jobs, WhatIsThrownEndsOneJobAndNotTheThread) {
    Jobs jobs;
    const auto lost = job("", [](Job& job) {
        job.emit("a");
        throw std::bad_alloc();
    });
    ASSERT_TRUE(jobs.add(lost));
    EXPECT_THAT(events(*lost), testing::ElementsAre("a"));
    const auto next = job("", [](Job& job) { job.emit("b"); });
    ASSERT_TRUE(jobs.add(next));
    EXPECT_THAT(events(*next), testing::ElementsAre("b"));
}

TEST(Jobs, EventsComeInOrderAndEnd) {
    Jobs jobs;
    const auto one = job("", [](Job& job) {
        job.emit("a");
        job.emit("b");
    });
    ASSERT_TRUE(jobs.add(one));
    EXPECT_THAT(events(*one), testing::ElementsAre("a", "b"));
    EXPECT_FALSE(one->next(milliseconds(1)));
}

/// The order in which jobs "b", "c" and "d" were evaluated that came while another was.
std::vector<std::string> order_of_three(Jobs& jobs) {
    Gate gate;
    const auto first = job("a", gate.work());
    EXPECT_TRUE(jobs.add(first));
    gate.wait();
    std::mutex mutex;
    std::vector<std::string> order;
    std::vector<std::shared_ptr<Job>> later;
    for (const char* name : {"b", "c", "d"}) {
        later.push_back(job(name, [&, name](Job& job) {
            const std::scoped_lock lock(mutex);
            order.emplace_back(name);
            job.emit(name);
        }));
        EXPECT_TRUE(jobs.add(later.back()));
    }
    gate.open();
    for (const auto& one : later) {
        (void)events(*one);
    }
    EXPECT_THAT(events(*first), testing::ElementsAre("whole"));
    return order;
}

TEST(Jobs, OneAtATimeTheNewestFirst) {
    Jobs jobs(std::chrono::hours(1));
    EXPECT_THAT(order_of_three(jobs), testing::ElementsAre("d", "c", "b"));
}

TEST(Jobs, WhoHasWaitedForAWhileGoesFirst) {
    Jobs jobs(milliseconds(0));
    EXPECT_THAT(order_of_three(jobs), testing::ElementsAre("b", "c", "d"));
}

TEST(Jobs, ANewerOneOfTheSessionTakesItsPlace) {
    Jobs jobs;
    Gate gate;
    const auto running = job("a", gate.work());
    ASSERT_TRUE(jobs.add(running));
    gate.wait();
    bool ran = false;
    const auto waiting = job("a", [&](Job& /*job*/) { ran = true; });
    const auto other = job("b", [](Job& job) { job.emit("other"); });
    const auto token = job("a", [](Job& job) { job.emit("token"); }, "token");
    const auto newest = job("a", [](Job& job) { job.emit("newest"); });
    for (const auto& one : {other, token, waiting, newest}) {
        ASSERT_TRUE(jobs.add(one));
    }
    EXPECT_THAT(events(*running), testing::IsEmpty());
    EXPECT_EQ(gate.ended_as(), "cancelled");
    EXPECT_THAT(events(*waiting), testing::IsEmpty());
    EXPECT_THAT(events(*newest), testing::ElementsAre("newest"));
    EXPECT_THAT(events(*token), testing::ElementsAre("token")) << "another kind of question";
    EXPECT_THAT(events(*other), testing::ElementsAre("other")) << "another session";
    EXPECT_FALSE(ran);
}

TEST(Jobs, WithoutASessionNothingIsReplaced) {
    const auto quiet = [](Job& /*job*/) {};
    EXPECT_FALSE(job("", quiet)->replaces(*job("", quiet)));
    EXPECT_TRUE(job("a", quiet)->replaces(*job("a", quiet)));
}

TEST(Jobs, TooManyAreRefused) {
    Jobs jobs;
    Gate gate;
    ASSERT_TRUE(jobs.add(job("", gate.work())));
    gate.wait();
    for (std::size_t i = 0; i < kJobs; ++i) {
        ASSERT_TRUE(jobs.add(job("", [](Job& /*job*/) {})));
    }
    EXPECT_FALSE(jobs.add(job("", [](Job& /*job*/) {})));
    gate.open();
}

TEST(Jobs, AClientThatTakesNothingEndsItsJob) {
    Jobs jobs;
    const auto one = job("", [](Job& job) {
        while (!job.cancelled()) {
            job.emit(std::string(kEventBytes / 8, 'x'));
        }
    });
    ASSERT_TRUE(jobs.add(one));
    while (!one->cancelled()) {
        std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_EQ(events(*one).size(), 8U);
}

TEST(Jobs, ASlowClientGetsAllThatItTakesInTime) {
    Jobs jobs;
    const auto one = job("", [](Job& job) {
        for (int i = 0; i < 20; ++i) {
            job.emit(std::string(kEventBytes / 8, 'x'));
        }
    });
    ASSERT_TRUE(jobs.add(one));
    std::size_t got = 0;
    while (!one->over()) {
        got += one->next(seconds(5)) ? 1 : 0;
        std::this_thread::sleep_for(milliseconds(5));
    }
    EXPECT_EQ(got, 20U);
    EXPECT_FALSE(one->cancelled());
}

TEST(Jobs, StopEndsWhatRunsAndWhatWaits) {
    Jobs jobs;
    Gate gate;
    const auto running = job("", gate.work());
    ASSERT_TRUE(jobs.add(running));
    gate.wait();
    const auto waiting = job("", [](Job& job) { job.emit("never"); });
    ASSERT_TRUE(jobs.add(waiting));
    jobs.stop();
    EXPECT_THAT(events(*running), testing::IsEmpty());
    EXPECT_EQ(gate.ended_as(), "cancelled");
    EXPECT_THAT(events(*waiting), testing::IsEmpty());
    EXPECT_FALSE(jobs.add(job("", [](Job& /*job*/) {})));
}

}  // namespace
}  // namespace otherwise::serve
