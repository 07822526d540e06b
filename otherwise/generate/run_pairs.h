// What a finished sample of a world yields: its pair, and what the world did to the string.
#pragma once

#include "otherwise/generate/record.h"
#include "otherwise/generate/run.h"
#include "otherwise/generate/writer.h"

namespace otherwise {

/// The pair of a sample whose factual string is whole. `index` is the world's place in the run.
[[nodiscard]] Pair pair_of(Finished finished, const RunWorld& factual, const RunWorld& world,
                           int index);

/// Adds what this string shows of its world.
void note_effect(const Sample& sample, const Written& written, const RunWorld& factual,
                 const RunWorld& world, WorldEffect& effect);

}  // namespace otherwise
