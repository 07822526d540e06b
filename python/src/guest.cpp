// Runs and laws of networks that Python evaluates (otherwise/api/guest.h).
#include "otherwise/api/guest.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "otherwise/api/compose.h"
#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "python/src/guest_evaluator.h"
#include "python/src/law_rows.h"
#include "python/src/module.h"
#include "python/src/run_calls.h"
#include "python/src/settings.h"
#include "python/src/words.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace otherwise::python {
namespace {

/// (id, prompt, its tokens, observed text, its tokens, whether it ended)
using GivenString = std::tuple<std::string, std::optional<std::string>, std::optional<Tokens>,
                               std::optional<std::string>, std::optional<Tokens>, bool>;

/// The strings of a study as they were given, for a tokenizer of Python's.
std::vector<GivenString> guest_strings(const Study& study) {
    std::vector<GivenString> strings;
    for (auto& string : strings_of(study)) {
        if (!string.messages.empty() || !string.donor.empty()) {
            misuse({.where = "guest_strings",
                    .expected = "prompts as texts or tokens",
                    .came = std::string(string.donor.empty() ? "a chat" : "a donor") +
                            " in string '" + string.id + "'",
                    .advice = "render chats by the tokenizer's own template"});
        }
        strings.emplace_back(string.id, string.prompt, string.prompt_tokens, string.text,
                             string.tokens, string.ended);
    }
    return strings;
}

using Bytes = nb::typed<nb::list, nb::bytes>;

std::vector<std::string> bytes_of(const Bytes& texts) {
    std::vector<std::string> all;
    all.reserve(texts.size());
    for (const nb::handle text : texts) {
        const auto bytes = nb::cast<nb::bytes>(text);
        all.emplace_back(bytes.c_str(), bytes.size());
    }
    return all;
}

GuestVocabulary vocabulary_of(const Bytes& pieces, const Bytes& names,
                              const std::vector<int>& ends) {
    GuestVocabulary vocabulary{.pieces = bytes_of(pieces), .names = bytes_of(names)};
    vocabulary.ends.resize(vocabulary.pieces.size());
    for (const int end : ends) {
        vocabulary.ends.at(static_cast<std::size_t>(end)) = true;
    }
    return vocabulary;
}

void add_string(GuestStudy& guest, const std::string& id, const std::string& prompt,
                bool from_tokens, const Tokens& tokens, const std::optional<Tokens>& observed) {
    Subject subject{.id = id,
                    .noise = hash64(id),
                    .prompt = prompt,
                    .messages = {},
                    .donor = "",
                    .from_tokens = from_tokens,
                    .prompt_tokens = from_tokens ? tokens : Tokens(),
                    .observed = observed};
    guest.subjects.push_back(std::move(subject));
    guest.prompts.push_back(tokens);
}

/// Where an evaluator is None the world has the factual network.
GuestWorld world_of(const std::string& name, const std::string& identity,
                    const std::string& description, GuestEvaluator* evaluator, bool null,
                    const Study& settings) {
    return {.name = name,
            .identity = identity,
            .description = description,
            .evaluator = evaluator,
            .role = null ? WorldRole::null : WorldRole::change,
            .mechanism = settings.mechanism};
}

/// Whether the work is to end, also by Ctrl-C within a call of some evaluator.
Cancel cancelled(Watch& watch, const GuestStudy& guest) {
    std::vector<const GuestEvaluator*> evaluators;
    const auto add = [&](const GuestWorld& world) {
        if (const auto* one = dynamic_cast<const GuestEvaluator*>(world.evaluator)) {
            evaluators.push_back(one);
        }
    };
    add(guest.factual);
    std::ranges::for_each(guest.worlds, add);
    return [&watch, evaluators, asked = watch.cancelled()] {
        if (std::ranges::any_of(evaluators, &GuestEvaluator::interrupted)) {
            watch.interrupt();
        }
        return asked();
    };
}

Came guest_run(const GuestStudy& guest, const Work& work, const RunFile& file,
               const nb::object& progress, const nb::object& pair) {
    Watch watch(progress);
    watch.keep_interrupts();
    std::optional<std::string> complaint;
    const auto result = watch.run([&] {
        const OpenedGuests opened(guest, work);
        auto found = run(opened, run_callbacks(watch, cancelled(watch, guest), pair, opened), file);
        if (found.fault) {
            complaint = Error(found.fault->fault, found.fault->complaint).text(python_word);
        }
        return found;
    });
    std::vector<std::string> warnings;
    for (const auto& warning : result.warnings) {
        warnings.push_back(python_text(warning));
    }
    return {to_json(result), warnings, watch.interrupted(), complaint};
}

/// As law_of_strings of law.cpp.
Values guest_law(const GuestStudy& guest, const Work& work, bool agreement,
                 const nb::object& progress) {
    Watch watch(progress);
    watch.keep_interrupts();
    std::optional<LawRows> rows;
    std::vector<std::string> doubted;
    auto json = watch.run([&] {
        const OpenedGuests opened(guest, work);
        rows.emplace(
            agreement,
            LawNames{.string =
                         [&](int string) {
                             return guest.subjects.at(static_cast<std::size_t>(string)).id;
                         },
                     .world =
                         [&](int world) {
                             return guest.worlds.at(static_cast<std::size_t>(world)).name;
                         },
                     .piece =
                         [&](Token token) {
                             return guest.vocabulary.names.at(static_cast<std::size_t>(token));
                         }});
        const LawTable table = law_table(opened, agreement,
                                         {.on_string =
                                              [&](const StringLaw& law) {
                                                  if (is_written(opened.study(), law.role)) {
                                                      rows->add(law);
                                                  }
                                              },
                                          .on_progress = watch.on_progress(),
                                          .cancelled = cancelled(watch, guest)});
        doubted = doubts(table);
        return to_json(table);
    });
    return nb::make_tuple(json, table_object(rows->table()), rows->pieces(), doubted,
                          watch.interrupted());
}

}  // namespace

void bind_guest(nb::module_& module) {
    module.def("guest_strings", &guest_strings, "study"_a);
    nb::class_<GuestEvaluator>(module, "GuestEvaluator")
        .def(
            "__init__",
            [](GuestEvaluator* made, const nb::object& reader, int n_vocab, int n_streams,
               int stream_length, int max_rows) {
                new (made) GuestEvaluator(reader, {.n_vocab = n_vocab,
                                                   .n_streams = n_streams,
                                                   .stream_length = stream_length,
                                                   .max_rows = max_rows,
                                                   .max_stream_rows = max_rows,
                                                   .min_rows = 1});
            },
            "reader"_a, "n_vocab"_a, "n_streams"_a, "stream_length"_a, "max_rows"_a);
    nb::class_<GuestWorld>(module, "GuestWorld")
        .def(
            "__init__",
            [](GuestWorld* made, const std::string& name, const std::string& identity,
               const std::string& description, GuestEvaluator* evaluator, bool null,
               const Study& settings) {
                new (made)
                    GuestWorld(world_of(name, identity, description, evaluator, null, settings));
            },
            "name"_a, "identity"_a, "description"_a, "evaluator"_a.none(), "null"_a, "settings"_a,
            nb::keep_alive<1, 5>());
    nb::class_<GuestStudy>(module, "GuestStudy")
        .def(
            "__init__",
            [](GuestStudy* made, const Study& study, const std::string& engine,
               const GuestWorld& factual, const std::vector<GuestWorld>& worlds,
               const Bytes& pieces, const Bytes& names, const std::vector<int>& ends) {
                new (made) GuestStudy{.study = study,
                                      .engine = engine,
                                      .factual = factual,
                                      .worlds = worlds,
                                      .vocabulary = vocabulary_of(pieces, names, ends)};
            },
            "study"_a, "engine"_a, "factual"_a, "worlds"_a, "pieces"_a, "names"_a, "ends"_a,
            nb::keep_alive<1, 4>(), nb::keep_alive<1, 5>())
        .def("add_string", &add_string, "id"_a, "prompt"_a, "from_tokens"_a, "tokens"_a,
             "observed"_a.none())
        .def(
            "add_probe",
            [](GuestStudy& guest, const std::string& world, double worst,
               const std::string& shape) {
                guest.probes.push_back({.world = world,
                                        .probe = {.invariant = worst == 0.0,
                                                  .worst = worst,
                                                  .shape = worst == 0.0 ? "" : shape}});
            },
            "world"_a, "worst"_a, "shape"_a);
    module.def("guest_run", &guest_run, "study"_a, "work"_a, "file"_a, "progress"_a.none(),
               "pair"_a.none());
    module.def("guest_law", &guest_law, "study"_a, "work"_a, "agreement"_a, "progress"_a.none());
}

}  // namespace otherwise::python
