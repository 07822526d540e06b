// api/run.h: runs of a study into a run file. The GIL is released; callbacks take it, progress and
// Ctrl-C now and then alone.
#include "otherwise/api/run.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <tuple>

#include "otherwise/generate/session.h"
#include "otherwise/study/new_run.h"
#include "python/src/module.h"
#include "python/src/waiting.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace otherwise::python {
namespace {

/// What a caller hears; each may be None.
struct Listeners {
    nb::object note;      ///< (line)
    nb::object progress;  ///< (what, done, total)
    nb::object pair;      ///< (line of run --jsonl)
};

void tell(const nb::object& listener, const std::string& line) {
    const nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) {
        throw nb::python_error();
    }
    if (!listener.is_none()) {
        listener(line);
    }
}

std::function<void(long, long)> progress_of(const Listeners& listeners, const char* what) {
    if (listeners.progress.is_none()) {
        return {};
    }
    return [&listeners, what, pace = Pace()](long done, long total) mutable {
        if (pace.due() || done == total) {
            const nb::gil_scoped_acquire acquire;
            listeners.progress(what, done, total);
        }
    };
}

RunCallbacks callbacks_of(const Listeners& listeners, OpenedStudy& opened, Interrupt& interrupt) {
    RunCallbacks callbacks{.on_progress = progress_of(listeners, "pairs"),
                           .cancelled = [&interrupt] { return interrupt.asked(); },
                           .on_law_progress = progress_of(listeners, "laws")};
    if (!listeners.pair.is_none()) {
        callbacks.on_pair = [&](const Pair& pair) {
            if (is_written(opened.study(), pair.role)) {
                tell(listeners.pair, to_jsonl(pair, opened.context(pair)));
            }
        };
    }
    return callbacks;
}

/// (JSON of the result, its warnings, whether Ctrl-C ended it, the complaint of a run whose results
/// mean nothing).
using Came = std::tuple<std::string, std::vector<std::string>, bool, std::optional<std::string>>;

Came run_into(const Study& study, const Work& work, const RunFile& file, nb::object note,
              nb::object progress, nb::object pair) {
    const Listeners listeners{std::move(note), std::move(progress), std::move(pair)};
    const nb::gil_scoped_release release;
    const Note say = [&](const std::string& line) { tell(listeners.note, plain_settings(line)); };
    auto opened = open(study, work, say, {.run_file = file.resume ? file.path : ""});
    opened.session().notes(say);
    Interrupt interrupt;
    const auto result = run(opened, callbacks_of(listeners, opened, interrupt), file);
    std::optional<std::string> complaint;
    try {
        result.require_sound();
    } catch (const Error& error) {
        complaint = error.what();
    }
    std::vector<std::string> warnings;
    for (const auto& warning : result.warnings) {
        warnings.push_back(plain_settings(warning));
    }
    return {to_json(result), warnings, result.cancelled, complaint};
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
