// Interventions learned from texts or from states (otherwise/api/fit.h, fit/methods/learn.h).
#include "otherwise/api/fit.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/fit/methods/learn.h"
#include "python/src/module.h"
#include "python/src/settings.h"
#include "python/src/vectors.h"
#include "python/src/watch.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

constexpr double kMostHeldOut = 0.5;

FitRequest request_of(const std::string& method, const Settings& given) {
    FitRequest request;
    request.method = fit_method_of(method);
    given.take("site", request.site);
    std::string text;
    given.take("layers", text);
    request.layers = parse_fit_layers(text);
    check_request(request);
    text = by_name(request.by);
    given.take("by", text);
    request.by = by_of(text);
    text = pooling_name(request.pooling);
    given.take("pool", text);
    request.pooling = pooling_of(text);
    given.take("unit", request.unit);
    given.take("mean_only", request.mean_only);
    given.take_whole("heads", request.heads, 1);
    given.take_real("held_out", request.held_out, 0.0, kMostHeldOut);
    return request;
}

FitStudy study_of(const std::string& method, const Settings& given) {
    FitStudy study{.request = request_of(method, given)};
    given.take("model", study.model);
    given.take("chat", study.chat);
    given.take("system", study.system);
    given.take("chat_template", study.chat_template);
    given.take("chat_date", study.chat_date);
    given.take_whole("gpu_layers", study.gpu_layers, -1);
    given.take("no_repack", study.no_repack);
    return study;
}

/// Files of texts, and texts of their own with a name.
using Sets = std::vector<Values>;

std::vector<TextSet> sets_of(const Sets& given, const Settings& settings) {
    TextOptions options;
    settings.take_whole("limit", options.limit, 1);
    settings.take("text_field", options.field);
    std::vector<TextSet> sets;
    for (const auto& set : given) {
        const auto name = nb::cast<std::string>(set[0]);
        if (set[1].is_none()) {
            sets.push_back(read_texts(name, options));
            continue;
        }
        auto texts = nb::cast<std::vector<std::string>>(set[1]);
        if (options.limit > 0 && std::cmp_less(options.limit, texts.size())) {
            texts.resize(static_cast<std::size_t>(options.limit));
        }
        sets.push_back(text_set(std::move(texts), name));
    }
    return sets;
}

/// What a fit came to, with its file's values for Python.
class FitOutcome {
public:
    explicit FitOutcome(FitResult result) : result_(std::move(result)) {}

    [[nodiscard]] std::string json(const std::string& file) const { return to_json(result_, file); }
    [[nodiscard]] double step() const { return result_.step; }
    /// "control_vector", "affine" or "heads", and its values (vectors.h).
    [[nodiscard]] Values file() const {
        constexpr const char* kNames[] = {"control_vector", "affine", "heads"};
        return std::visit(
            [&](const auto& file) {
                return nb::make_tuple(kNames[result_.file.index()], values_of(file));
            },
            result_.file);
    }
    void save(const std::string& path) const { save_learned(result_.file, path); }

private:
    FitResult result_;
};

FitOutcome fit_texts(const std::string& method, const Sets& sets, const Given& given,
                     const Work& work, const nb::object& progress, const nb::object& note) {
    const Settings settings(given);
    FitStudy study = study_of(method, settings);
    study.sets = sets_of(sets, settings);
    Watch watch(progress, note);
    return watch.run([&] {
        const auto opened = open(study, work, watch.on_note());
        return FitOutcome(
            opened.run({.on_progress = watch.on_progress(), .cancelled = watch.cancelled()}));
    });
}

/// Sets of states, by layer [texts, width] (iti: heads side by side).
FitOutcome fit_given(const std::string& method, const std::vector<std::map<int, FloatsIn>>& sets,
                     const std::vector<std::string>& names, int n_head, const Given& given) {
    const Settings settings(given);
    FitRequest request = request_of(method, settings);
    GivenStates states{.n_head = n_head};
    for (const auto& [layer, values] : sets.front()) {
        states.layers.push_back(layer);
        states.width = static_cast<int>(values.shape(1));
    }
    for (std::size_t i = 0; i < sets.size(); ++i) {
        SetStates set{.name = names[i]};
        for (const auto& [layer, values] : sets[i]) {
            set.layers.emplace_back(values.data(), values.data() + values.size());
        }
        states.sets.push_back(std::move(set));
    }
    Watch watch;
    return watch.run(
        [&] { return FitOutcome(fit_states(states, request, {.cancelled = watch.cancelled()})); });
}

}  // namespace

void bind_fit(nb::module_& module) {
    using namespace nb::literals;
    nb::class_<FitOutcome>(module, "FitOutcome")
        .def("json", &FitOutcome::json, "file"_a)
        .def_prop_ro("step", &FitOutcome::step)
        .def("file", &FitOutcome::file)
        .def("save_to", &FitOutcome::save, "path"_a);  // as EditOutcome's
    module.def("fit_texts", &fit_texts, "method"_a, "sets"_a, "settings"_a, "work"_a,
               "progress"_a.none(), "note"_a = nb::none());
    module.def("fit_states", &fit_given, "method"_a, "sets"_a, "names"_a, "n_head"_a, "settings"_a);
    module.def("fit_method_names", &fit_method_names);
}

}  // namespace otherwise::python
