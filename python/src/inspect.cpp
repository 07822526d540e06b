// What files are, and other quantizations of models (otherwise/api/inspect.h, quantize.h).
#include "otherwise/api/inspect.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>

#include "otherwise/api/cache_folder.h"
#include "otherwise/api/quantize.h"
#include "python/src/module.h"
#include "python/src/watch.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

std::string inspect_file(const std::string& path, const Work& work, bool no_repack) {
    return Watch().run([&] { return to_json(inspect(path, work, no_repack)); });
}

std::string quantize_file(const std::string& from, const std::string& to, const std::string& type,
                          const Work& work, const nb::object& progress) {
    Watch watch(progress);
    return watch.run([&] { return to_json(quantize(from, to, type, work, watch.on_progress())); });
}

}  // namespace

void bind_inspect(nb::module_& module) {
    using namespace nb::literals;
    module.def("cache_folder", &cache_folder);
    module.def("inspect", &inspect_file, "path"_a, "work"_a, "no_repack"_a);
    module.def("chat_template_names", &chat_template_names);
    module.def("quantize", &quantize_file, "from_path"_a, "to_path"_a, "type"_a, "work"_a,
               "progress"_a.none());
    module.def("quantization_names", &quantization_names);
}

}  // namespace otherwise::python
