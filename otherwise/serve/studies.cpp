#include "otherwise/serve/studies.h"

#include <algorithm>

#include "otherwise/serve/limits.h"
#include "otherwise/world/opened.h"

namespace otherwise::serve {

Studies::Studies(Work work, std::size_t most) : work_(std::move(work)), most_(most) {
    work_.memory /= most;
    if (!work_.models) {
        work_.models = std::make_shared<ModelCache>();
    }
}

LiveStudy& Studies::spare() {
    if (!spare_) {
        spare_ = std::make_unique<LiveStudy>(work_, kKept);
    }
    return *spare_;
}

LiveStudy& Studies::of(const std::string& session) {
    const auto found =
        std::ranges::find(open_, session, [](const auto& entry) { return entry.first; });
    if (found != open_.end()) {
        open_.splice(open_.begin(), open_, found);
        return *open_.front().second;
    }
    while (open_.size() >= most_) {
        open_.pop_back();
    }
    (void)spare();
    open_.emplace_front(session, std::move(spare_));
    return *open_.front().second;
}

}  // namespace otherwise::serve
