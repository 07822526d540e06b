// How many threads the next call of llama.cpp takes, beside other work.
//
// Its threads wait for each other several hundred times a call, and do so without sleeping. Where
// another process takes a processor, one thread has none for milliseconds, and all others wait for
// it; two threads on one processor wait for each other in turn, a time slice a step. With n threads
// that lack L processors on average (the time that they were ready to run and did not, over the
// wall time) a call goes at most n (1 − L) times as fast as with one thread. n − L threads would
// have had processors. So where L ≥ 1/4 and n (1 − L) is no more than n − L, rounded and below n,
// the governor goes down to that. Below 1/4 it stays: some of the wait is not another process's,
// and little can be won.
//
// Down there it cannot see whether the other work has ended, so it tries now and then, for one
// window: one thread more, and while that succeeds twice as many more each time. After a try that
// failed it waits twice as long, up to 8 s, and at least 20 times as long as the try took: a window
// is one call at least, and that may be slow. It decides from what it is told alone: no clock, no
// system calls.
#pragma once

namespace otherwise {

class ThreadGovernor {
public:
    /// Begins with `most` threads, 1 at least.
    explicit ThreadGovernor(int most);

    /// Threads for the next call, 1 to most.
    [[nodiscard]] int threads() const { return threads_; }

    /// After a window of calls with threads() threads, `seconds` of wall time together, in which
    /// threads that were ready waited `waited` seconds for a processor, summed over threads.
    void observe(double seconds, double waited);

private:
    void judge_try(double seconds, double lack);
    [[nodiscard]] bool slower_than(int fewer, double lack) const;

    int most_;
    int threads_;
    bool trying_ = false;  // this window is a try, with `step_` threads more than `before_`
    int before_ = 0;
    int step_ = 1;
    double since_ = 0.0;     // seconds since threads_ changed
    double patience_ = 0.0;  // seconds until the next try
};

}  // namespace otherwise
