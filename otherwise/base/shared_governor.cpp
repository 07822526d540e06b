#include "otherwise/base/shared_governor.h"

#include <utility>

namespace otherwise {
namespace {

constexpr double kWindow = 0.05;  ///< seconds

}  // namespace

SharedGovernor::SharedGovernor(Waited waited) : waited_(std::move(waited)) {}

SharedGovernor& SharedGovernor::of_process() {
    static SharedGovernor governor;
    return governor;
}

int SharedGovernor::threads(int most) {
    const std::scoped_lock lock(mutex_);
    return pace(most).governor.threads();
}

void SharedGovernor::took(int most, int threads, double seconds) {
    const std::scoped_lock lock(mutex_);
    Pace& its = pace(most);
    if (threads != its.governor.threads()) {
        return;  // begun before the number changed
    }
    its.seconds += seconds;
    if (its.seconds < kWindow || !its.waited) {
        return;
    }
    const auto waited = waited_();
    its.governor.observe(its.seconds, waited.value_or(*its.waited) - *its.waited);
    its.waited = waited;
    its.seconds = 0.0;
}

void SharedGovernor::restart(int most) {
    const std::scoped_lock lock(mutex_);
    Pace& its = pace(most);
    its.waited = waited_();
    its.seconds = 0.0;
}

SharedGovernor::Pace& SharedGovernor::pace(int most) {
    const auto found = paces_.find(most);
    return found != paces_.end()
               ? found->second
               : paces_.emplace(most, Pace{ThreadGovernor(most), waited_(), 0.0}).first->second;
}

}  // namespace otherwise
