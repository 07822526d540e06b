// Keeps finished pairs until every pair of the strings before them is there, then lets them go in
// order.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "otherwise/generate/record.h"

namespace otherwise {

class PairShelf {
public:
    /// `emit` is called with each pair in order: string, sample, world (the null world last),
    /// independent after its own.
    explicit PairShelf(std::function<void(const Pair&)> emit) : emit_(std::move(emit)) {}

    /// Announces a string, in order from 0: how many pairs it will have (0 if it is left out).
    void expect(int pairs);
    /// Leaves an announced string out after all.
    void drop(int string);
    /// Takes a pair; returns true when its string is now complete.
    bool put(Pair pair);
    [[nodiscard]] int strings_done() const { return next_; }

private:
    void release();

    std::function<void(const Pair&)> emit_;
    std::vector<int> expected_;  // by string
    std::map<int, std::vector<Pair>> waiting_;
    int next_ = 0;  // first string not yet let go
};

}  // namespace otherwise
