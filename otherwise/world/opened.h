// A world ready to evaluate: its model, adapters and hooks loaded and checked.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "otherwise/model/context.h"
#include "otherwise/model/inspect.h"
#include "otherwise/model/model.h"
#include "otherwise/world/patch_states.h"
#include "otherwise/world/plan.h"

namespace otherwise {

/// Settings that all worlds of a run share.
struct OpenOptions {
    ModelOptions model{};
    bool strict_vocabulary = false;
    int threads = 1;
    bool force = false;  ///< take files that were fitted on another model
};

/// Models that stay loaded from one session to the next. For one thread at a time.
class ModelCache {
public:
    [[nodiscard]] std::shared_ptr<const Model> get(const std::string& path,
                                                   const ModelOptions& options);
    /// Lets go of those that nobody else holds.
    void drop_unused();
    [[nodiscard]] std::size_t size() const { return models_.size(); }

private:
    /// By file as it is (base/file_stamp.h), weights, layers on a GPU and whether it is repacked.
    using Key = std::tuple<std::string, std::string, int, bool>;
    std::map<Key, std::shared_ptr<const Model>> models_;
};

/// Model files, each loaded once for each type of weights.
class ModelShelf {
public:
    explicit ModelShelf(ModelOptions options, std::shared_ptr<ModelCache> cache = {})
        : options_(std::move(options)), cache_(std::move(cache)) {}
    [[nodiscard]] std::shared_ptr<const Model> get(const WorldPlan& plan);
    /// Where interventions can act in it, found once.
    [[nodiscard]] const std::vector<Site>& sites(const WorldPlan& plan);

private:
    ModelOptions options_;
    std::shared_ptr<ModelCache> cache_;
    std::map<std::pair<std::string, std::string>, std::shared_ptr<const Model>> models_;
    std::map<std::string, std::vector<Site>> sites_;
};

/// A patch and the states that it moves, which are planned and read once the strings are known
/// (generate/patches.h).
struct OpenedPatch {
    Patch item;
    std::shared_ptr<PatchStates> states;
};

struct OpenedWorld {
    WorldPlan plan;
    std::shared_ptr<const Model> model;
    /// do(token at position): position -> token.
    std::map<int, Token> forced;
    /// Tokens that only one of this and the factual model has, ascending, and the first in words.
    Tokens differing;
    std::string first_differing;
    std::vector<int> lora_layers;  ///< [plan.loras] the first block that each changes
    std::vector<int> edit_layers;  ///< [plan.edits]
    std::vector<OpenedPatch> patches;
    std::vector<std::string> notes;  ///< for people, on stderr
    /// Options of its contexts; shape and threads are set by make_context.
    ContextOptions prototype;
    std::vector<Hook> capture_sites;  ///< in place of the prototype's, to read donors

    [[nodiscard]] std::unique_ptr<Context> make_context(int n_streams, int stream_length,
                                                        int max_rows, int least_rows) const;
    /// The same to read donors: patches take their states, all else acts.
    [[nodiscard]] std::unique_ptr<Context> make_capture(
        const std::vector<std::shared_ptr<const Tokens>>& donors, int n_streams, int stream_length,
        int max_rows, int least_rows) const;
};

/// The plan's mechanism with its biases, their texts as tokens of the model; biases of 0 are left
/// out. Throws Error (misuse): a text that is not one token, a token outside the vocabulary.
[[nodiscard]] Mechanism mechanism_of(const WorldPlan& plan, const Model& model);

/// Loads what the plan names and checks that each intervention fits the model. Throws Error.
[[nodiscard]] OpenedWorld open_world(const WorldPlan& plan, ModelShelf& shelf, const Model& factual,
                                     const OpenOptions& options);

}  // namespace otherwise
