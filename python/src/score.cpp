// The measures of pairs of texts (otherwise/api/score.h).
#include "otherwise/api/score.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/measure/pairs.h"
#include "python/src/module.h"
#include "python/src/settings.h"
#include "python/src/watch.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

constexpr int kMostWords = 10000;

ScoreSettings settings_of(const Settings& given) {
    ScoreSettings settings;
    given.take("prompt_field", settings.fields.prompt);
    given.take("factual_field", settings.fields.factual);
    given.take("counterfactual_field", settings.fields.counterfactual);
    given.take("with_prompt", settings.fields.texts_hold_prompt);
    given.take("worlds", settings.worlds, "a list of texts");
    given.take("targets", settings.targets, "a list of texts");
    given.take("off_targets", settings.off_targets, "a list of texts");
    given.take("embedder", settings.embedder);
    given.take("e5", settings.e5);
    given.take_whole("gpu_layers", settings.gpu_layers, -1);
    given.take("no_repack", settings.no_repack);
    given.take_whole("words", settings.words, 0, kMostWords);
    given.take_whole("limit", settings.limit, 1);
    return settings;
}

/// (JSON, notes, whether Ctrl-C ended it), of the pairs until there.
template <typename Score>
Values watched(const Score& scores_of) {
    Watch watch;
    watch.keep_interrupts();
    const Scores scores = watch.run([&] { return scores_of(watch.cancelled()); });
    return nb::make_tuple(to_json(scores), scores.notes, watch.interrupted());
}

Values score_files(const std::vector<std::string>& files, const Given& given, const Work& work) {
    const ScoreSettings settings = settings_of(Settings(given));
    return watched(
        [&](const Cancel& cancelled) { return score(files, settings, work, cancelled); });
}

Values score_two(const std::string& factual, const std::string& counterfactual, const Given& given,
                 const Work& work) {
    const ScoreSettings settings = settings_of(Settings(given));
    return watched([&](const Cancel& cancelled) {
        return score_against(factual, counterfactual, settings, work, cancelled);
    });
}

/// Of pairs as lines of JSON.
Values score_lines(const std::string& lines, const Given& given, const Work& work) {
    const ScoreSettings settings = settings_of(Settings(given));
    return watched([&](const Cancel& cancelled) {
        std::istringstream in(lines);
        std::vector<ReadPair> pairs;
        read_pairs(in, "pairs", settings.fields, [&](ReadPair&& pair) {
            pairs.push_back(std::move(pair));
            return !cancelled();
        });
        return score(std::move(pairs), settings, work, cancelled);
    });
}

}  // namespace

void bind_score(nb::module_& module) {
    using namespace nb::literals;
    module.def("score_files", &score_files, "files"_a, "settings"_a, "work"_a);
    module.def("score_two", &score_two, "factual"_a, "counterfactual"_a, "settings"_a, "work"_a);
    module.def("score_lines", &score_lines, "lines"_a, "settings"_a, "work"_a);
}

}  // namespace otherwise::python
