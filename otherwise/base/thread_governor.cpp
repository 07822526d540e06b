#include "otherwise/base/thread_governor.h"

#include <algorithm>
#include <cmath>

namespace otherwise {
namespace {

constexpr double kLeastLack = 0.25;  ///< processors; less is no reason to change
constexpr double kFirstPatience = 0.5;
constexpr double kMostPatience = 8.0;  ///< of doubling
constexpr double kPerWindow = 10.0;    ///< patience for each second of the window that was too slow

}  // namespace

ThreadGovernor::ThreadGovernor(int most) : most_(std::max(1, most)), threads_(most_) {}

void ThreadGovernor::observe(double seconds, double waited) {
    const double lack =
        seconds > 0.0 ? std::clamp(std::max(0.0, waited) / seconds, 0.0, 1.0 * threads_) : 0.0;
    since_ += seconds;
    if (trying_) {
        judge_try(seconds, lack);
    } else if (threads_ > 1) {
        const int served =
            std::clamp(static_cast<int>(std::lround(threads_ - lack)), 1, threads_ - 1);
        if (slower_than(served, lack)) {
            threads_ = served;
            patience_ = std::max(kFirstPatience, kPerWindow * seconds);
            since_ = 0.0;
        }
    }
    if (threads_ < most_ && since_ >= patience_) {
        before_ = threads_;
        threads_ = std::min(most_, threads_ + step_);
        trying_ = true;
        since_ = 0.0;
    }
}

bool ThreadGovernor::slower_than(int fewer, double lack) const {
    return lack >= kLeastLack && threads_ * (1.0 - lack) <= fewer;
}

void ThreadGovernor::judge_try(double seconds, double lack) {
    trying_ = false;
    since_ = 0.0;
    if (slower_than(before_, lack)) {
        threads_ = before_;
        patience_ = std::max(
            {kFirstPatience, std::min(2.0 * patience_, kMostPatience), 2.0 * kPerWindow * seconds});
        step_ = 1;
    } else {
        patience_ = 0.0;
        step_ = threads_ < most_ ? 2 * step_ : 1;
    }
}

}  // namespace otherwise
