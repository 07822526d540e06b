// What a cluster needs of a study: its files under other names, its strings as they are.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/api/compose.h"
#include "otherwise/api/open.h"
#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/generate/session.h"
#include "otherwise/model/model_files.h"
#include "otherwise/study/packed_list.h"
#include "otherwise/study/study.h"
#include "otherwise/world/opened.h"
#include "python/src/module.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace otherwise::python {
namespace {

/// A model in parts is all of them; what is no model is one file.
std::vector<std::string> parts_of(const std::string& file) {
    std::vector<std::string> parts;
    try {
        for (const auto& part : model_files(file)) {
            parts.push_back(part.string());
        }
    } catch (const Error&) {
        parts = {file};
    }
    return parts;
}

/// Each once, as a list of its parts: the model, then those of the worlds.
std::vector<std::vector<std::string>> study_files(const Study& study) {
    std::vector<std::vector<std::string>> files;
    (void)with_files(study, [&](const std::string& file) {
        const auto known = [&](const auto& parts) { return parts.front() == file; };
        if (!file.empty() && std::ranges::none_of(files, known)) {
            files.push_back(parts_of(file));
        }
        return file;
    });
    return files;
}

Study with_names(const Study& study, const std::map<std::string, std::string>& names) {
    return with_files(study, [&](const std::string& file) {
        const auto found = names.find(file);
        return found == names.end() ? file : found->second;
    });
}

/// Bytes of weights, and of the caches and laws beside them, as a run plans them here.
std::pair<std::size_t, std::size_t> study_memory(Study study, const Work& work) {
    study.fast = true;  // a plan needs no probe
    const OpenedStudy opened = open(study, work);
    const Estimate& plan = opened.session().estimate();
    return {plan.model_bytes + plan.donor_states, plan.memory.contexts + plan.stored_laws};
}

}  // namespace

void bind_shards(nb::module_& module) {
    using Release = nb::call_guard<nb::gil_scoped_release>;
    module.def("study_files", &study_files);
    module.def("with_names", &with_names, "study"_a, "names"_a);
    module.def(
        "with_model_path",
        [](Study study, const Work& work) {
            study.model = model_path(study, work);
            return with_clock(study, plans_of(study, work));
        },
        "study"_a, "work"_a, Release());
    module.def(
        "with_own_strings",
        [](const Study& study) { return with_strings(study, strings_of(study)); }, Release());
    module.def("study_memory", &study_memory, "study"_a, "work"_a, Release());
    module.def("count_strings", [](const Study& study) { return study.strings.size(); });
    module.def("list_json", [](const nb::object& value) {
        return nb::isinstance<nb::bytes>(value) ? list_json({nb::cast<nb::bytes>(value).c_str(),
                                                             nb::cast<nb::bytes>(value).size()})
                                                : nb::cast<std::string>(value);
    });
    module.def("keep_models", [](Work& work) { work.models = std::make_shared<ModelCache>(); });
    module.def("sha256_file", [](const std::string& path) { return sha256_file(path); }, Release());
}

}  // namespace otherwise::python
