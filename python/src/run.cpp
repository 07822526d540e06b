// api/run.h: runs of a study into a run file.
#include "otherwise/api/run.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <tuple>

#include "otherwise/generate/session.h"
#include "otherwise/study/new_run.h"
#include "python/src/module.h"
#include "python/src/run_calls.h"
#include "python/src/words.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace otherwise::python {
namespace {

Came run_into(const Study& study, const Work& work, const RunFile& file, const nb::object& note,
              const nb::object& progress, const nb::object& pair) {
    Watch watch(progress, note);
    watch.keep_interrupts();
    std::optional<std::string> complaint;
    const auto result = watch.run([&] {
        const Note say = watch.on_note();
        auto opened = open(study, work, say, {.run_file = file.resume ? file.path : ""});
        opened.session().notes(say);
        auto found = run(opened, run_callbacks(watch, watch.cancelled(), pair, opened), file);
        try {
            found.require_sound();
        } catch (const Error& error) {
            complaint = error.text(python_word);
        }
        return found;
    });
    std::vector<std::string> warnings;
    for (const auto& warning : result.warnings) {
        warnings.push_back(python_text(warning));
    }
    return {to_json(result), warnings, watch.interrupted(), complaint};
}

}  // namespace

void bind_run(nb::module_& module) {
    nb::class_<RunFile>(module, "RunFile")
        .def(
            "__init__",
            [](RunFile* made, const std::string& path, bool resume, const std::string& shard,
               const std::vector<std::string>& moved) {
                new (made) RunFile{.path = path,
                                   .resume = resume,
                                   .shard = shard.empty() ? Shard{} : parse_shard(shard),
                                   .moved = moved};
            },
            "path"_a, "resume"_a = false, "shard"_a = "", "moved"_a = std::vector<std::string>{});
    module.def("run", &run_into, "study"_a, "work"_a, "file"_a, "note"_a.none() = nb::none(),
               "progress"_a.none() = nb::none(), "pair"_a.none() = nb::none());
    module.def("has_all", &has_all, nb::call_guard<nb::gil_scoped_release>());
}

}  // namespace otherwise::python
