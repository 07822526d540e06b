// Room model: which kernels of llama.cpp's CPU backend are here.
#include "otherwise/model/backends.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <utility>
#include <vector>

#include "python/src/module.h"

namespace nb = nanobind;

namespace otherwise::python {

void bind_backends(nb::module_& module) {
    module.def(
        "cpu_variants",
        [] {
            std::vector<std::pair<std::string, int>> found;
            for (const auto& variant : cpu_variants()) {
                found.emplace_back(variant.name, variant.score);
            }
            return found;
        },
        nb::call_guard<nb::gil_scoped_release>());
    module.def(
        "start_backend",
        [](const std::string& variant) { start_backend({.cpu_variant = variant}); },
        nb::arg("cpu_variant") = "", nb::call_guard<nb::gil_scoped_release>());
    module.def("active_cpu_variant", &active_cpu_variant);
}

}  // namespace otherwise::python
