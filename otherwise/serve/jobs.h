// What is to be evaluated: one at a time, the newest first, unless one has waited for a while: then
// that, so that everyone's turn comes however many ask.
//
// A connection makes a Job and waits for its events; one thread evaluates. A newer job of the same
// session and kind takes the place of an older one, which is told to end; what nobody waits for
// any more ends, too.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "otherwise/serve/limits.h"

namespace otherwise::serve {

class Job {
public:
    using Work = std::function<void(Job&)>;

    /// A job without a session is never replaced.
    Job(std::string session, std::string kind, Work work)
        : session_(std::move(session)), kind_(std::move(kind)), work_(std::move(work)) {}

    // By the thread that evaluates.
    void run() { work_(*this); }
    /// An event for whoever waits. Where too many bytes are waiting already it waits for a moment;
    /// a client that takes nothing has its job cancelled.
    void emit(std::string event);
    void finish();
    [[nodiscard]] bool cancelled() const { return cancelled_; }

    // By the connection.
    void cancel() {
        cancelled_ = true;
        changed_.notify_all();
    }
    /// The next event; nothing where there is none in this time, or none any more.
    [[nodiscard]] std::optional<std::string> next(std::chrono::milliseconds time);
    /// Nothing comes any more.
    [[nodiscard]] bool over();

    [[nodiscard]] bool replaces(const Job& older) const {
        return !session_.empty() && session_ == older.session_ && kind_ == older.kind_;
    }
    [[nodiscard]] const std::string& session() const { return session_; }
    [[nodiscard]] std::chrono::steady_clock::time_point made() const { return made_; }

private:
    std::string session_;
    std::string kind_;
    Work work_;
    std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
    std::atomic<bool> cancelled_{false};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> events_;
    std::size_t bytes_ = 0;  // of these
    bool finished_ = false;
};

class Jobs {
public:
    /// `turn`: how long newer ones go first.
    explicit Jobs(std::chrono::milliseconds turn = std::chrono::seconds(kTurn));
    ~Jobs() { stop(); }
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;

    /// False where too many are waiting.
    [[nodiscard]] bool add(const std::shared_ptr<Job>& job);
    /// Cancels all and waits for the one that runs.
    void stop();

private:
    void serve();
    [[nodiscard]] std::shared_ptr<Job> take();

    std::chrono::milliseconds turn_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::shared_ptr<Job>> waiting_;  // the newest last
    std::shared_ptr<Job> running_;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace otherwise::serve
