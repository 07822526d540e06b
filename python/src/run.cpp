#include "python/src/module.h"

namespace otherwise::python {
void bind_run(nanobind::module_& /*module*/) {}
}  // namespace otherwise::python
