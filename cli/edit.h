// What the ways of `otherwise edit` share: arguments, and how facts and scores are shown.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/kernels.h"
#include "otherwise/fit/edit/check.h"
#include "otherwise/fit/edit/effect.h"
#include "otherwise/fit/edit/knowledge_edit.h"
#include "otherwise/fit/edit/layer_sweep.h"

namespace otherwise::cli {

struct EditArguments {
    std::string method;
    std::string model;
    int threads = 0;
    KernelArguments kernels;
    std::vector<std::string> facts;  ///< --fact
    std::string file;                ///< --facts
    std::vector<std::string> ids;    ///< --id
    std::string output;
    std::string lora;
    double scale = 1.0;
    std::string layers;
    std::string preset;
    int steps = -1;
    int prefixes = -1;
    double rate = -1.0;
    double kl_weight = -1.0;
    double decay = -1.0;
    double clamp = -1.0;
    double enough = -1.0;
    double covariance_weight = -1.0;
    double damping = -1.0;
    std::string corpus;
    std::int64_t covariance_tokens = 0;
    std::uint64_t seed = 0;
    std::size_t memory = 0;
    bool no_cache = false;
    bool no_check = false;
    bool force = false;
    bool dry_run = false;
    bool json = false;
    bool quiet = false;
};

void add_edit_options(CLI::App& app, EditArguments& arguments);

/// The facts that were asked for. Throws misuse for none, or an id that is not there.
[[nodiscard]] std::vector<Fact> facts_of(const EditArguments& arguments);

/// "5", "3-7", "3,5,9" as layers. Throws misuse.
[[nodiscard]] std::vector<int> layers_of(const std::string& text);

/// Settings from a preset or the defaults, with what was given.
[[nodiscard]] EditSettings settings_of(const EditArguments& arguments, const EditScene& scene);

/// Scores of all facts and in total, before and after; `colour` for a terminal.
[[nodiscard]] std::string scores_text(const std::vector<Fact>& facts,
                                      const std::vector<FactScores>& before,
                                      const std::vector<FactScores>& after, bool colour);

/// What there is to say of an edit beside its scores.
struct EditOutcome {
    std::string output;  ///< "" where nothing is written
    std::vector<int> layers;
    std::vector<LayerTrial> sweep;
    std::optional<EditEffect> effect;
    std::vector<std::string> misses;
};

/// The same and every prompt, as JSON.
[[nodiscard]] std::string scores_json(const std::vector<Fact>& facts,
                                      const std::vector<FactScores>& before,
                                      const std::vector<FactScores>& after,
                                      const EditOutcome& outcome);

/// What an edit does to unrelated texts, and how large it is.
[[nodiscard]] std::string effect_text(const EditEffect& effect);

/// The table of a sweep over layers.
[[nodiscard]] std::string sweep_text(const std::vector<LayerTrial>& trials, std::size_t best,
                                     bool colour);

}  // namespace otherwise::cli
