#include "otherwise/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace otherwise {
namespace {

/// Runs body(i) and keeps the first exception.
class Guard {
public:
    void run(int i, const std::function<void(int)>& body) {
        try {
            body(i);
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            if (!first_) {
                first_ = std::current_exception();
            }
        }
    }
    void rethrow() const {
        if (first_) {
            std::rethrow_exception(first_);
        }
    }

private:
    std::mutex mutex_;
    std::exception_ptr first_;
};

}  // namespace

void parallel_for(int n, int threads, const std::function<void(int)>& body) {
    Guard guard;
    const int workers = std::min(n, threads);
    if (workers <= 1) {
        for (int i = 0; i < n; ++i) {
            body(i);
        }
        return;
    }
    std::atomic<int> next{0};
    const auto work = [&] {
        for (int i = next++; i < n; i = next++) {
            guard.run(i, body);
        }
    };
    std::vector<std::jthread> pool;
    try {
        for (int w = 1; w < workers; ++w) {
            pool.emplace_back(work);
        }
        // NOLINTNEXTLINE(bugprone-empty-catch): the system has no more, and fewer do the same
    } catch (const std::exception&) {
    }
    work();
    pool.clear();
    guard.rethrow();
}

}  // namespace otherwise
