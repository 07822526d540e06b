// Facts written into a model as a LoRA (otherwise/api/edit.h).
#include "otherwise/api/edit.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/api/compose.h"
#include "otherwise/base/open_input.h"
#include "otherwise/fit/edit/adapter_file.h"
#include "otherwise/fit/edit/low_rank.h"
#include "otherwise/fit/edit/presets.h"
#include "python/src/module.h"
#include "python/src/settings.h"
#include "python/src/watch.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

constexpr int kMostSteps = 1000;
constexpr int kMostPrefixes = 60;
constexpr double kLeastRate = 1e-6;
constexpr double kMostNumber = 1e6;

template <typename T>
void take_real(const Settings& given, const char* name, std::optional<T>& to, double least) {
    if (given.has(name)) {
        given.take_real(name, to.emplace(), least, kMostNumber);
    }
}

void take_whole(const Settings& given, const char* name, std::optional<int>& to, int least,
                int most) {
    if (given.has(name)) {
        given.take_whole(name, to.emplace(), least, most);
    }
}

EditStudy study_of(const std::string& method, std::vector<Fact> facts, const Settings& given) {
    EditStudy study{.facts = std::move(facts), .method = edit_method_of(method)};
    given.take("model", study.model);
    std::string layers;
    given.take("layers", layers);
    study.layers = parse_edit_layers(layers);
    given.take("preset", study.preset);
    take_whole(given, "steps", study.steps, 1, kMostSteps);
    take_whole(given, "prefixes", study.prefixes, 0, kMostPrefixes);
    take_real(given, "rate", study.rate, kLeastRate);
    take_real(given, "kl", study.kl_weight, 0.0);
    take_real(given, "decay", study.decay, 0.0);
    take_real(given, "clamp", study.clamp, kLeastRate);
    take_real(given, "enough", study.enough, 0.0);
    take_real(given, "damping", study.damping, 0.0);
    take_real(given, "covariance_weight", study.covariance_weight, 0.0);
    given.take("corpus", study.corpus);
    given.take_whole("covariance_tokens", study.covariance_tokens, 1);
    given.take_whole("seed", study.seed, 0, std::numeric_limits<std::int64_t>::max());
    given.take("no_repack", study.no_repack);
    return study;
}

/// A file of facts, texts of facts, or lines of JSON; one of the three.
std::vector<Fact> facts_of(const std::string& kind, const nb::object& given,
                           const Settings& settings) {
    std::vector<Fact> facts;
    if (kind == "file") {
        const auto path = nb::cast<std::string>(given);
        auto in = open_input(path, "a file of facts");
        facts = read_facts(in, path);
    } else if (kind == "lines") {
        std::istringstream in(nb::cast<std::string>(given));
        facts = read_facts(in, "facts");
    } else {
        for (const auto& text : nb::cast<std::vector<std::string>>(given)) {
            facts.push_back(parse_fact(text));
        }
    }
    std::vector<std::string> ids;
    settings.take("ids", ids, "a list of texts");
    return ids.empty() ? facts : with_ids(facts, ids);
}

/// What an edit came to, with its adapter.
class EditOutcome {
public:
    EditOutcome(Edited edited, bool interrupted)
        : edited_(std::move(edited)), interrupted_(interrupted) {}

    [[nodiscard]] std::string json() const { return to_json(edited_); }
    /// By Ctrl-C; then what was not reached is empty.
    [[nodiscard]] bool interrupted() const { return interrupted_; }
    [[nodiscard]] bool has_adapter() const { return !edited_.adapter.tensors.empty(); }
    void save(const std::string& path) {
        save_lora(edited_.adapter, path);
        edited_.output = path;
    }

private:
    Edited edited_;
    bool interrupted_;
};

EditCallbacks callbacks_of(Watch& watch) {
    return {.on_progress = watch.on_progress(),
            .on_note = watch.on_note(),
            .cancelled = watch.cancelled()};
}

EditOutcome edit_model(const std::string& method, const std::string& kind, const nb::object& facts,
                       const std::string& output, const Given& given, const Work& work,
                       const nb::object& progress, const nb::object& note) {
    const Settings settings(given);
    EditStudy study = study_of(method, facts_of(kind, facts, settings), settings);
    study.model = model_path({.model = study.model}, work);
    bool scores = true;
    settings.take("check", scores);
    Work own = work;
    bool keeps = true;
    settings.take("cache", keeps);
    if (!keeps) {
        own.cache_folder.clear();
    }
    Watch watch(progress, note);
    watch.keep_interrupts();
    auto edited = watch.run([&] {
        auto opened = open(study, own, watch.on_note());
        return opened.run(callbacks_of(watch), output, scores);
    });
    return {std::move(edited), watch.interrupted()};
}

EditOutcome check_edit_of(const std::string& kind, const nb::object& facts, const Given& given,
                          const Work& work, const nb::object& progress, const nb::object& note) {
    const Settings settings(given);
    AdapterCheck check{.facts = facts_of(kind, facts, settings)};
    settings.take("model", check.model);
    check.model = model_path({.model = check.model}, work);
    settings.take("lora", check.adapter);
    settings.take_real("scale", check.scale, -kMostNumber, kMostNumber);
    settings.take_whole("seed", check.seed, 0, std::numeric_limits<std::int64_t>::max());
    settings.take("no_repack", check.no_repack);
    Watch watch(progress, note);
    watch.keep_interrupts();
    auto checked = watch.run([&] { return check_adapter(check, work, callbacks_of(watch)); });
    return {std::move(checked), watch.interrupted()};
}

}  // namespace

void bind_edit(nb::module_& module) {
    using namespace nb::literals;
    nb::class_<EditOutcome>(module, "EditOutcome")
        .def("json", &EditOutcome::json)
        .def_prop_ro("interrupted", &EditOutcome::interrupted)
        .def_prop_ro("has_adapter", &EditOutcome::has_adapter)
        // Not "save", which nnsight gives to every object: nanobind takes it for one of the class.
        .def("save_to", &EditOutcome::save, "path"_a);
    module.def("edit", &edit_model, "method"_a, "kind"_a, "facts"_a, "output"_a, "settings"_a,
               "work"_a, "progress"_a.none(), "note"_a.none());
    module.def("check_edit", &check_edit_of, "kind"_a, "facts"_a, "settings"_a, "work"_a,
               "progress"_a.none(), "note"_a.none());
    module.def("edit_method_names", &edit_method_names);
    module.def("edit_preset_names", &preset_names);
}

}  // namespace otherwise::python
