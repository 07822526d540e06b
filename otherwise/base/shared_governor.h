// The thread governors of the process (thread_governor.h), one for each number of threads that was
// asked for: what one context learns of the other work on the machine counts for all that come
// after and beside it. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "otherwise/base/thread_governor.h"
#include "otherwise/base/waiting.h"

namespace otherwise {

class SharedGovernor {
public:
    using Waited = std::function<std::optional<double>()>;

    /// `waited` is seconds_waited(); where it gives nothing, all threads are used.
    explicit SharedGovernor(Waited waited = [] { return seconds_waited(); });

    /// Processors are the process's, so this is shared state, guarded by a lock.
    static SharedGovernor& of_process();

    /// Threads for the next call of one that takes `most` at most.
    [[nodiscard]] int threads(int most);

    /// A call of one that takes `most` at most took so many seconds with `threads` threads. Windows
    /// of 50 ms, several of Linux's time slices of 3 ms, go to the governor.
    void took(int most, int threads, double seconds);

    /// Threads of such a one came or went, and with these what they had waited.
    void restart(int most);

private:
    struct Pace {
        ThreadGovernor governor;
        std::optional<double> waited;  ///< at the beginning of the window
        double seconds = 0.0;          ///< of the calls in it
    };
    Pace& pace(int most);

    Waited waited_;
    std::mutex mutex_;
    std::map<int, Pace> paces_;  // by the most threads
};

}  // namespace otherwise
