#include "otherwise/generate/law_budget.h"

namespace otherwise {

std::size_t law_bytes(int tokens, int n_vocab) {
    return static_cast<std::size_t>(tokens) * static_cast<std::size_t>(n_vocab) * sizeof(float);
}

void LawBudget::hold(int string, std::size_t bytes) {
    held_[string] = bytes;
    held_bytes_ += bytes;
}

void LawBudget::release(int string) {
    const auto held = held_.find(string);
    if (held != held_.end()) {
        held_bytes_ -= held->second;
        held_.erase(held);
    }
}

}  // namespace otherwise
