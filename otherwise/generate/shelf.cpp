#include "otherwise/generate/shelf.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace otherwise {
namespace {

auto order(const Pair& pair) { return std::tuple(pair.sample, pair.world, pair.independent); }

}  // namespace

void PairShelf::expect(int pairs) {
    expected_.push_back(pairs);
    release();
}

void PairShelf::drop(int string) {
    expected_.at(static_cast<std::size_t>(string)) = 0;
    release();
}

bool PairShelf::put(Pair pair) {
    const int string = pair.string;
    auto& pairs = waiting_[string];
    pairs.push_back(std::move(pair));
    const bool complete =
        static_cast<int>(pairs.size()) == expected_.at(static_cast<std::size_t>(string));
    if (complete) {
        release();
    }
    return complete;
}

void PairShelf::release() {
    while (next_ < static_cast<int>(expected_.size())) {
        const int expected = expected_[static_cast<std::size_t>(next_)];
        auto found = waiting_.find(next_);
        const int have = found == waiting_.end() ? 0 : static_cast<int>(found->second.size());
        if (have < expected) {
            return;
        }
        if (found != waiting_.end()) {
            std::ranges::sort(found->second, {}, order);
            for (const Pair& pair : found->second) {
                emit_(pair);
            }
            waiting_.erase(found);
        }
        ++next_;
    }
}

}  // namespace otherwise
