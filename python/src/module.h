// What the files of the module _otherwise add to it, one function for each room.
#pragma once

#include <nanobind/nanobind.h>

namespace otherwise::python {

void bind_errors();
void bind_noise(nanobind::module_& module);
void bind_coupling(nanobind::module_& module);
void bind_backends(nanobind::module_& module);
void bind_study(nanobind::module_& module);
void bind_run(nanobind::module_& module);
void bind_table(nanobind::module_& module);
void bind_results(nanobind::module_& module);
void bind_vectors(nanobind::module_& module);
void bind_inspect(nanobind::module_& module);
void bind_score(nanobind::module_& module);
void bind_fit(nanobind::module_& module);
void bind_edit(nanobind::module_& module);
void bind_law(nanobind::module_& module);
void bind_guest(nanobind::module_& module);
void bind_shards(nanobind::module_& module);

}  // namespace otherwise::python
