// What a run keeps in memory beside its models and contexts, and that it is there before work
// starts: the strings, read and tokenized, and of each pair what its measures are made of. Pure
// functions.
#pragma once

#include <cstddef>

#include "otherwise/generate/run_counts.h"

namespace otherwise {

/// Of a string in all: as it is read, tokenized, in the head of a run file. 1,800 bytes were
/// measured with prompts of 48 letters (docs/limits.md).
[[nodiscard]] std::size_t string_bytes(std::size_t letters);

/// Of all pairs: 200 bytes each (measure/run_totals.h), and of each string in each world.
[[nodiscard]] std::size_t pair_bytes(const RunCounts& counts, std::size_t worlds);

/// Throws Error where so many strings, or the first so many of a file, take more than `free` bytes;
/// 0 = not known, and nothing is refused.
void require_string_memory(std::size_t strings, std::size_t bytes, std::size_t free);

/// Throws Error where what a run keeps of its pairs, and contexts of so many bytes, take more.
void require_pair_memory(const RunCounts& counts, std::size_t worlds, std::size_t contexts,
                         std::size_t free);

}  // namespace otherwise
