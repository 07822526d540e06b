// The memory that laws of observed strings may take while their worlds are written.
#pragma once

#include <cstddef>
#include <map>

namespace otherwise {

/// Bytes that the laws of one observed string of `tokens` tokens take.
[[nodiscard]] std::size_t law_bytes(int tokens, int n_vocab);

class LawBudget {
public:
    /// In bytes; 0 = no bound.
    explicit LawBudget(std::size_t memory) : memory_(memory) {}

    /// True where nothing is held: a string whose laws alone exceed the memory is let through by
    /// itself.
    [[nodiscard]] bool has_room(std::size_t bytes) const {
        return memory_ == 0 || held_bytes_ == 0 || held_bytes_ + bytes <= memory_;
    }
    void hold(int string, std::size_t bytes);
    /// Nothing happens to a string that holds none.
    void release(int string);

private:
    std::size_t memory_;
    std::map<int, std::size_t> held_;  // by string
    std::size_t held_bytes_ = 0;
};

}  // namespace otherwise
