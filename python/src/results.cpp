#include "python/src/module.h"

namespace otherwise::python {
void bind_results(nanobind::module_& /*module*/) {}
}  // namespace otherwise::python
