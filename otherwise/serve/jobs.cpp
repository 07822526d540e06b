#include "otherwise/serve/jobs.h"

#include <algorithm>

#include "otherwise/serve/limits.h"

namespace otherwise::serve {

void Job::emit(std::string event) {
    std::unique_lock lock(mutex_);
    const bool taken = changed_.wait_for(lock, std::chrono::seconds(kPatience),
                                         [&] { return cancelled_ || bytes_ < kEventBytes; });
    if (!taken || cancelled_) {
        cancelled_ = true;
        return;
    }
    bytes_ += event.size();
    events_.push_back(std::move(event));
    changed_.notify_all();
}

void Job::finish() {
    const std::scoped_lock lock(mutex_);
    finished_ = true;
    changed_.notify_all();
}

std::optional<std::string> Job::next(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [&] { return finished_ || !events_.empty(); });
    if (events_.empty()) {
        return std::nullopt;
    }
    std::string event = std::move(events_.front());
    events_.pop_front();
    bytes_ -= event.size();
    changed_.notify_all();
    return event;
}

bool Job::over() {
    const std::scoped_lock lock(mutex_);
    return finished_ && events_.empty();
}

Jobs::Jobs(std::chrono::milliseconds turn) : turn_(turn), thread_([this] { serve(); }) {}

bool Jobs::add(const std::shared_ptr<Job>& job) {
    const std::scoped_lock lock(mutex_);
    if (running_ && job->replaces(*running_)) {
        running_->cancel();
    }
    std::erase_if(waiting_, [&](const auto& older) {
        const bool gone = older->cancelled() || job->replaces(*older);
        if (gone) {
            older->cancel();
            older->finish();
        }
        return gone;
    });
    if (stopped_ || waiting_.size() >= kJobs) {
        return false;
    }
    waiting_.push_back(job);
    changed_.notify_all();
    return true;
}

void Jobs::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
        for (const auto& job : waiting_) {
            job->cancel();
            job->finish();
        }
        waiting_.clear();
        if (running_) {
            running_->cancel();
        }
        changed_.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::shared_ptr<Job> Jobs::take() {
    const auto oldest = waiting_.begin();
    const bool waited = std::chrono::steady_clock::now() - (*oldest)->made() >= turn_;
    const auto next = waited ? oldest : waiting_.end() - 1;
    auto job = std::move(*next);
    waiting_.erase(next);
    return job;
}

void Jobs::serve() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return stopped_ || !waiting_.empty(); });
        if (stopped_) {
            return;
        }
        running_ = take();
        const auto job = running_;
        lock.unlock();
        if (!job->cancelled()) {
            try {
                job->run();
                // NOLINTNEXTLINE(bugprone-empty-catch): it cannot even be told; the events end
            } catch (...) {
            }
        }
        job->finish();
        lock.lock();
        running_.reset();
    }
}

}  // namespace otherwise::serve
