// The module _otherwise: the library as the package's .py files call it, which check what they are
// given and name it in messages. Importing it starts nothing: no backend of llama.cpp, no thread.
#include "python/src/module.h"

#include <nanobind/stl/string_view.h>

#include "otherwise/api/licenses.h"
#include "otherwise/base/version.h"

NB_MODULE(_otherwise, module) {
    using namespace otherwise::python;
    module.attr("version") = OTHERWISE_VERSION;
    module.def("licenses", &otherwise::licenses,
               "What is compiled into the module, with its licences (NOTICES.txt of the build).");
    bind_errors();
    bind_noise(module);
    bind_coupling(module);
    bind_backends(module);
    bind_study(module);
    bind_table(module);
    bind_run(module);
    bind_results(module);
    bind_vectors(module);
    bind_inspect(module);
    bind_score(module);
    bind_fit(module);
    bind_edit(module);
    bind_law(module);
    bind_guest(module);
    bind_shards(module);
}
