#include "otherwise/api/score.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "otherwise/api/json_text.h"
#include "otherwise/base/error.h"
#include "otherwise/base/open_input.h"
#include "otherwise/base/processors.h"
#include "otherwise/measure/scorer.h"
#include "otherwise/measure/world_measures_json.h"
#include "otherwise/model/backends.h"

namespace otherwise {
namespace {

constexpr const char* kUnnamed = "counterfactual";

Scorer scorer_of(const ScoreSettings& settings, const Work& work,
                 const std::function<bool()>& cancelled) {
    if (settings.e5 && settings.embedder.empty()) {
        misuse({.where = "score",
                .expected = setting("embedder", "FILE") + " with " + setting("e5"),
                .came = setting("e5") + " alone"});
    }
    ScorerOptions options{.targets = compile_targets(settings.targets, settings.off_targets),
                          .worlds = settings.worlds,
                          .words = static_cast<std::size_t>(settings.words),
                          .limit = static_cast<std::size_t>(settings.limit),
                          .e5 = settings.e5,
                          .cancelled = cancelled};
    std::unique_ptr<Embedder> embedder;
    if (!settings.embedder.empty()) {
        start_backend({.cpu_variant = work.cpu_variant});
        embedder = Embedder::load(settings.embedder, {.gpu_layers = settings.gpu_layers,
                                                      .repack = !settings.no_repack,
                                                      .threads = thread_count(work.threads)});
    }
    return Scorer(std::move(options), std::move(embedder));
}

Scores scores_of(Scorer& scorer) {
    return {.worlds = scorer.worlds(), .notes = scorer.notes(), .cancelled = scorer.cancelled()};
}

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

void check_against(const std::string& factual, const std::string& counterfactual,
                   const PairFields& fields) {
    const auto refuse = [](const std::string& expected, const std::string& came) {
        misuse({.where = "score", .expected = expected, .came = came});
    };
    if (factual == "-" || counterfactual == "-") {
        refuse("two files with " + setting("against"), "standard input");
    }
    if (fields.texts_hold_prompt || !fields.prompt.empty()) {
        refuse(setting("against") + " without " + setting("with_prompt") + " and " +
                   setting("prompt_field"),
               "both");
    }
}

}  // namespace

Scores score(const std::vector<std::string>& files, const ScoreSettings& settings, const Work& work,
             const std::function<bool()>& cancelled, std::istream* input) {
    Scorer scorer = scorer_of(settings, work, cancelled);
    for (const auto& file : files) {
        if (file == "-" && input != nullptr) {
            scorer.read(*input, "standard input", settings.fields, "standard input");
            continue;
        }
        std::ifstream in = open_input(file, "a file of pairs");
        scorer.read(in, file, settings.fields, stem(file));
    }
    return scores_of(scorer);
}

Scores score_against(const std::string& factual, const std::string& counterfactual,
                     const ScoreSettings& settings, const Work& work,
                     const std::function<bool()>& cancelled) {
    check_against(factual, counterfactual, settings.fields);
    Scorer scorer = scorer_of(settings, work, cancelled);
    std::ifstream first = open_input(factual, "a file of texts");
    std::ifstream second = open_input(counterfactual, "a file of texts");
    scorer.match(first, factual, second, counterfactual, settings.fields, stem(counterfactual));
    return scores_of(scorer);
}

Scores score(std::vector<ReadPair> pairs, const ScoreSettings& settings, const Work& work,
             const std::function<bool()>& cancelled) {
    if (pairs.empty()) {
        fail({.where = "score", .expected = "at least one pair", .came = "none"});
    }
    Scorer scorer = scorer_of(settings, work, cancelled);
    scorer.add(std::move(pairs), kUnnamed);
    return scores_of(scorer);
}

std::string to_json(const Scores& scores) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& world : scores.worlds) {
        nlohmann::ordered_json entry{{"world", world.world},
                                     {"independent", world.independent},
                                     {"pairs", world.summary.pairs},
                                     {"strings", world.summary.strings}};
        entry.update(measures_json(world));
        list.push_back(std::move(entry));
    }
    return json_text(nlohmann::ordered_json{{"worlds", list}});
}

}  // namespace otherwise
