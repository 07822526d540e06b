#include "otherwise/base/cancelled.h"

#include <utility>

namespace otherwise {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local const Cancel* innermost = nullptr;

}  // namespace

CancelScope::CancelScope(Cancel cancelled)
    : cancelled_(std::move(cancelled)), outer_(std::exchange(innermost, &cancelled_)) {}

CancelScope::~CancelScope() { innermost = outer_; }

bool is_cancelled() { return innermost != nullptr && *innermost && (*innermost)(); }

void stop_if_cancelled() {
    if (is_cancelled()) {
        throw Cancelled();
    }
}

}  // namespace otherwise
