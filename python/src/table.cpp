#include "python/src/module.h"

namespace otherwise::python {
void bind_table(nanobind::module_& /*module*/) {}
}  // namespace otherwise::python
