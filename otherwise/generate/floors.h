// The worlds that measure what the others' numbers are worth.
#pragma once

#include <string>

#include "otherwise/model/probe.h"

namespace otherwise {

/// On which strings a floor, the null world or the nudge, runs along.
enum class FloorStrings { none, some, all };  // some: max(32, 5 %), spread evenly

/// Whether the world's logits are the same in every batch shape; `worst` in nats.
struct WorldProbe {
    std::string world;
    Probe probe;
};

}  // namespace otherwise
