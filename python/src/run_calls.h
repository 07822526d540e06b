// What calls that run strings have in common, of model files (run.cpp) and of a caller's own
// networks (guest.cpp): where progress and pairs go, and what comes back.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "otherwise/api/run.h"
#include "python/src/watch.h"

namespace otherwise::python {

/// (JSON of the result, its warnings, whether Ctrl-C ended it, the complaint of a run whose results
/// mean nothing).
using Came = std::tuple<std::string, std::vector<std::string>, bool, std::optional<std::string>>;

/// `pair` is called with the JSON line of each pair that belongs to the results, or is None.
template <typename Opened>
RunCallbacks run_callbacks(Watch& watch, Cancel cancelled, const nanobind::object& pair,
                           const Opened& opened) {
    RunCallbacks callbacks{.on_progress = watch.on_progress("pairs"),
                           .cancelled = std::move(cancelled),
                           .on_law_progress = watch.on_progress("laws")};
    if (!pair.is_none()) {
        callbacks.on_pair = [&](const Pair& written) {
            if (is_written(opened.study(), written.role)) {
                const auto line = to_jsonl(written, opened.context(written));
                watch.call(pair, [&] { (void)pair(line); });
            }
        };
    }
    return callbacks;
}

}  // namespace otherwise::python
