#include "otherwise/api/edit_settings.h"

#include <fmt/core.h>

#include <algorithm>

#include "otherwise/base/error.h"
#include "otherwise/base/number_list.h"
#include "otherwise/base/processors.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/edit/first_state.h"
#include "otherwise/fit/edit/presets.h"

namespace otherwise {
namespace {

constexpr const char* kCovarianceFolder = "covariance";
constexpr int kMostLayers = 1000;  // of one range; a model with so many is unheard of

template <typename T>
void take(const std::optional<T>& given, T& to) {
    to = given.value_or(to);
}

}  // namespace

EditLayers parse_edit_layers(std::string_view text) {
    if (text.empty() || text == "auto") {
        return {.layers = {}, .best = !text.empty()};
    }
    const auto ranges = read_number_ranges(text);
    if (!ranges || !std::ranges::all_of(*ranges, &NumberRange::closed)) {
        misuse({.where = "parse_edit_layers",
                .expected = setting("layers") + " as 5, 3-7, 3,5,7 or auto",
                .came = "'" + to_utf8(text) + "'"});
    }
    EditLayers result;
    for (const auto& [first, last] : *ranges) {
        if (last < first) {
            misuse({.where = "parse_edit_layers",
                    .expected = setting("layers", "A-B") + " with A at most B",
                    .came = "'" + to_utf8(text) + "'"});
        }
        for (int layer = first; layer <= std::min(last, first + kMostLayers); ++layer) {
            result.layers.push_back(layer);
        }
    }
    return result;
}

void require_facts(const std::vector<Fact>& facts) {
    if (facts.empty()) {
        misuse({.where = "edit",
                .expected =
                    "a fact (" + setting("fact", "TEXT") + " or " + setting("facts", "FILE") + ")",
                .came = "none"});
    }
}

EditSettings edit_settings(const EditStudy& study, const Work& work,
                           const Architecture& architecture) {
    auto settings = study.preset.empty()
                        ? default_settings(study.method, architecture)
                        : preset_settings(study.preset, study.method, architecture);
    if (!study.layers.layers.empty()) {
        settings.layers = study.layers.layers;
    }
    take(study.steps, settings.target.steps);
    take(study.prefixes, settings.prefixes);
    take(study.rate, settings.target.rate);
    take(study.kl_weight, settings.target.kl_weight);
    take(study.decay, settings.target.decay);
    take(study.clamp, settings.target.clamp);
    take(study.enough, settings.target.enough);
    take(study.covariance_weight, settings.covariance_weight);
    take(study.damping, settings.damping);
    settings.seed = study.seed;
    settings.text = {.corpus = study.corpus, .tokens = study.covariance_tokens, .seed = study.seed};
    settings.threads = thread_count(work.threads);
    settings.force = work.force;
    if (!work.cache_folder.empty()) {
        settings.cache = std::filesystem::path(work.cache_folder) / kCovarianceFolder;
    }
    return settings;
}

void note_facts(EditStudy& study, const Architecture& architecture, const Note& note) {
    if (!study.preset.empty()) {
        if (const auto line = preset_note(study.preset, architecture); !line.empty()) {
            note("note: " + line);
        }
    }
    const auto repeated = take_repeated(study.facts);
    if (!repeated.empty()) {
        note(fmt::format(
            "note: {} left out, which a fact before says too ('{}' says what '{}' says)",
            repeated.size() == 1 ? "1 fact is" : fmt::format("{} facts are", repeated.size()),
            to_utf8(repeated.front().id), to_utf8(repeated.front().first)));
    }
    const auto question = std::ranges::find_if(study.facts, is_question);
    if (question != study.facts.end()) {
        note("note: '" + to_utf8(question->text()) +
             "' ends in a question mark; a prompt should be a text that the answer continues, as "
             "'The capital of {} is' or 'Q: ...? A:'");
    }
}

void suit_layer(const EditScene& scene, const EditStudy& study, EditSettings& settings,
                const Note& note) {
    const bool chosen = study.layers.best || !study.layers.layers.empty() || !study.preset.empty();
    if (study.method != EditMethod::rome || chosen) {
        return;
    }
    const auto& fact = study.facts.front();
    const int usual = settings.layers.front();
    const int suited = suited_layer(scene, fact, usual, settings.threads);
    if (suited >= 0 && suited != usual) {
        settings.layers = {suited};
        note(fmt::format(
            "note: '{}' is the first token of its text, whose state in layer {} is that of every "
            "text's start; layer {} is edited, and less well than with words before it",
            to_utf8(fact.subject), usual, suited));
    }
}

}  // namespace otherwise
