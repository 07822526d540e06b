// A part of a run's strings, for several machines.
#pragma once

#include <cstddef>

namespace otherwise {

/// Part `index` of `count`, from 1: the strings whose number (from 0) is index − 1 modulo count.
struct Shard {
    int index = 1;
    int count = 1;
    [[nodiscard]] bool has(std::size_t string) const {
        return string % static_cast<std::size_t>(count) == static_cast<std::size_t>(index - 1);
    }
    bool operator==(const Shard&) const = default;
};

}  // namespace otherwise
