// What Python holds of worlds and studies.
#pragma once

#include "otherwise/world/intervention.h"

namespace otherwise::python {

/// One intervention; a type of its own, since nanobind would take the variant apart.
struct Item {
    Intervention value;
};

}  // namespace otherwise::python
