#include "otherwise/serve/studies.h"

#include <algorithm>

#include "otherwise/base/free_memory.h"
#include "otherwise/model/system.h"
#include "otherwise/world/opened.h"

namespace otherwise::serve {

std::size_t memory_of(const Work& work, int gpu_layers) {
    if (work.memory > 0) {
        return work.memory;
    }
    const std::size_t free = free_memory();
    return (on_gpu(gpu_layers) ? std::min(free, free_gpu_memory().value_or(free)) : free) / 2;
}

Studies::Studies(Work work, std::size_t most)
    : work_(std::move(work)), most_(most), kept_(std::make_shared<LiveKept>(work_.memory)) {
    if (!work_.models) {
        work_.models = std::make_shared<ModelCache>();
    }
}

LiveStudy& Studies::spare() {
    if (!spare_) {
        spare_ = std::make_unique<LiveStudy>(work_, kept_);
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

Work Studies::work_of_one() {
    Work work = work_;
    work.memory /= 2;
    (void)kept_->values->make_room(work.memory);
    return work;
}

}  // namespace otherwise::serve
