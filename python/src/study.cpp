// Rooms world and study: items by the closed table of kinds, worlds, and studies with their
// settings; api/work.h: how they are worked through.
#include "python/src/study.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/api/compose.h"
#include "otherwise/api/run_file.h"
#include "otherwise/api/work.h"
#include "otherwise/base/error.h"
#include "otherwise/measure/world_measures.h"
#include "otherwise/study/saved_study.h"
#include "otherwise/study/study_values.h"
#include "otherwise/world/kinds.h"
#include "otherwise/world/spec.h"
#include "python/src/module.h"
#include "python/src/words.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace otherwise::python {
namespace {

using Texts = std::vector<std::string>;
using Options = std::vector<std::pair<std::string, std::string>>;

/// An item of its parts as plain text. `literal`: a text, even where it looks like a number.
Item item_of(const std::string& word, const std::string& argument, std::optional<std::string> scale,
             const std::string& place, Options options, bool literal) {
    const Kind* kind = find_kind(word);
    if (kind == nullptr) {
        misuse({.where = "item", .expected = "a kind of intervention", .came = "'" + word + "'"});
    }
    return {kind->read({.form = &kind->form,
                        .place = place,
                        .argument = argument,
                        .literal = literal,
                        .scale = std::move(scale),
                        .options = std::move(options)})};
}

/// ("steer", "scaled", "layers", …): the word of each kind and what its items take.
std::vector<std::pair<std::string, Texts>> kind_table() {
    std::vector<std::pair<std::string, Texts>> table;
    for (const auto& kind : kinds()) {
        Texts takes;
        if (kind.form.placed) {
            takes.emplace_back("at");
        }
        if (kind.form.scaled) {
            takes.emplace_back("scale");
        }
        for (const auto& option : kind.form.options) {
            takes.emplace_back(option.key);
        }
        table.emplace_back(kind.words.word, takes);
    }
    return table;
}

std::vector<Intervention> interventions(const std::vector<Item>& items) {
    std::vector<Intervention> all;
    all.reserve(items.size());
    for (const auto& item : items) {
        all.push_back(item.value);
    }
    return all;
}

World world_of(const std::string& name, const std::vector<Item>& items) {
    check_world_name(name);
    return {.name = name, .interventions = interventions(items)};
}

std::vector<Item> items_of(const World& world) {
    std::vector<Item> items;
    for (const auto& intervention : world.interventions) {
        items.push_back({intervention});
    }
    return items;
}

void bind_world(nb::module_& module) {
    nb::class_<Item>(module, "Item", "One change that makes another world.")
        .def("__str__", [](const Item& item) { return item_text(item.value); })
        .def("__repr__", [](const Item& item) { return "<" + describe(item.value) + ">"; })
        .def("__eq__",
             [](const Item& a, nb::handle b) {
                 return nb::isinstance<Item>(b) && a.value == nb::cast<const Item&>(b).value;
             })
        .def("__hash__",
             [](const Item& item) { return std::hash<std::string>{}(item_text(item.value)); });
    module.def("item", &item_of, "kind"_a, "argument"_a, "scale"_a, "place"_a, "options"_a,
               "literal"_a);
    module.def("parse_item", [](const std::string& text) { return Item{parse_item(text)}; });
    module.def("kinds", &kind_table);
    module.def("python_kind", [](const std::string& kind) { return python_kind(kind); }, "kind"_a);
    nb::class_<World>(module, "WorldValue")
        .def_ro("name", &World::name)
        .def_prop_ro("items", &items_of)
        .def("describe", [](const World& world) { return describe(world); })
        .def("__str__", [](const World& world) { return to_spec(world); })
        .def("__eq__", [](const World& a, nb::handle b) {
            return nb::isinstance<World>(b) && a == nb::cast<const World&>(b);
        });
    module.def("world", &world_of, "name"_a, "items"_a);
    module.def("parse_world", [](const std::string& text) { return parse_world(text); });
}

/// The study with the strings of these records: JSON, as docs/input.md has them.
Study with_records(Study study, const std::string& json) {
    std::istringstream input(json);
    const ReadOptions options{.limit = study.limit,
                              .fields = study.fields,
                              .chat = study.chat,
                              .whole_texts = study.prompt_words + study.prompt_tokens > 0};
    auto strings = read_strings(input, "strings", options);
    return with_strings(std::move(study), std::move(strings));
}

Study with_file(Study study, const std::string& path) {
    study.prompts.clear();
    study.strings.clear();
    study.file = path;
    return study;
}

bool has_strings(const Study& study) {
    return !study.prompts.empty() || !study.file.empty() || !study.strings.empty();
}

void check(const Study& study, bool needs_worlds) {
    require_consistent(study, needs_worlds);
    (void)compile_targets(study.targets, study.off_targets);
}

void bind_values(nb::module_& module) {
    nb::class_<Study>(module, "StudyValue")
        .def(nb::init<>())
        .def_ro("model", &Study::model)
        .def_ro("worlds", &Study::worlds)
        .def_ro("seed", &Study::seed)
        .def_ro("laws", &Study::laws)
        .def("to_toml", &to_toml)
        .def("has_strings", &has_strings)
        .def("check", &check, "needs_worlds"_a = true)
        .def("with_model",
             [](Study study, const std::string& model) {
                 study.model = model;
                 return study;
             })
        .def("with_factual",
             [](Study study, const std::vector<Item>& items) {
                 study.factual = interventions(items);
                 return study;
             })
        .def("with_worlds",
             [](Study study, std::vector<World> worlds) {
                 study.worlds = std::move(worlds);
                 return study;
             })
        .def("with_values", [](Study study, const std::string& toml) {
            return with_values(std::move(study), toml);
        });
    module.def("with_records", &with_records, nb::call_guard<nb::gil_scoped_release>());
    module.def("with_file", &with_file);
    module.def("read_study", [](const std::string& path) { return read_study(path); });
    module.def("require_files",
               [](const Study& study, const std::string& path) { require_files(study, path); });
    module.def("save_study",
               [](const Study& study, const std::string& path) { save_study(study, path); });
    module.def("stored_study", &stored_study, "path"_a, "moved"_a);
    nb::class_<Work>(module, "Work")
        .def(nb::init<>())
        .def_rw("threads", &Work::threads)
        .def_rw("parallel", &Work::parallel)
        .def_rw("max_rows", &Work::max_rows)
        .def_rw("memory", &Work::memory)
        .def_rw("cpu_variant", &Work::cpu_variant)
        .def_rw("force", &Work::force)
        .def_rw("cache_folder", &Work::cache_folder);
}

}  // namespace

void bind_study(nb::module_& module) {
    bind_world(module);
    bind_values(module);
}

}  // namespace otherwise::python
