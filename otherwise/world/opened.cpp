#include "otherwise/world/opened.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <numeric>
#include <string_view>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/file_stamp.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/text.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/vocabulary.h"
#include "otherwise/world/edits.h"

namespace otherwise {
namespace {

std::vector<LoraUse> load_loras(const WorldPlan& plan, const std::shared_ptr<const Model>& model,
                                std::vector<std::string>& notes) {
    std::vector<LoraUse> uses;
    uses.reserve(plan.loras.size());
    for (const auto& item : plan.loras) {
        auto lora = Lora::load(model, item.path);
        std::ranges::move(left_out_notes(lora->left_out(), item.path, item.scope == Scope::written),
                          std::back_inserter(notes));
        uses.push_back({.lora = std::move(lora),
                        .scale = item.scale,
                        .on_prompt = item.scope != Scope::written,
                        .on_written = item.scope != Scope::prompt});
    }
    return uses;
}

/// Where the model has a node, for what `user` says.
Site site_named(const std::string& node, const std::string& user, const std::string& advice,
                ModelShelf& shelf, const WorldPlan& plan) {
    std::string names;
    for (const auto& site : shelf.sites(plan)) {
        if (site.node == node) {
            return site;
        }
        names += (names.empty() ? "" : ", ") + site.node;
    }
    fail({.where = "open_world",
          .expected = "a node '" + node + "' in the graph of " + shelf.get(plan)->architecture() +
                      ", for " + user,
          .came = names,
          .advice = advice + " that " + our_command("inspect") + " lists for this model"});
}

/// Where the model has the file's node. The residual of control vectors is in every block, without
/// looking; contexts tell where it is not.
Site site_of(const EditFile& file, const Model& model, ModelShelf& shelf, const WorldPlan& plan) {
    if (!file.vector) {
        return site_named(file.maps.node, "'" + file.maps.path + "'", "fit at a site", shelf, plan);
    }
    Site site{.node = file.maps.node, .meaning = "", .layers = {}, .width = model.n_embd()};
    site.layers.resize(static_cast<std::size_t>(model.n_layer()));
    std::iota(site.layers.begin(), site.layers.end(), 0);
    return site;
}

/// The number at the start of a text; 0 without.
int leading_number(std::string_view text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// The first block with a tensor of this LoRA; the embedding comes before all, the output after.
int first_block(const UseLora& lora, int n_layer) {
    constexpr std::string_view kBlock = "blk.";
    int first = n_layer - 1;
    const auto file = GgufFile::open(lora.path);
    for (const auto& tensor : file.tensors()) {
        if (tensor.name.starts_with(kBlock)) {
            first = std::min(first,
                             leading_number(std::string_view(tensor.name).substr(kBlock.size())));
        } else if (tensor.name.starts_with("token_embd")) {
            first = 0;
        }
    }
    return first;
}

/// Of "l_out-12".
int layer_of(const NodeStep& step) {
    return leading_number(std::string_view(step.node).substr(step.node.rfind('-') + 1));
}

/// Programs write here what they call the model, which is not always what llama.cpp calls it.
void note_hint(const EditFile& file, const Model& model, std::vector<std::string>& notes) {
    if (!file.model_hint.empty() && file.model_hint != model.architecture()) {
        notes.push_back("'" + file.maps.path + "' says that it was made for " +
                        to_utf8(file.model_hint) + "; the model is " + model.architecture());
    }
}

/// The steps of each edit; of those with a file, or what stands for one, in the same way.
struct LoadSteps {
    const WorldPlan& plan;
    ModelShelf& shelf;
    bool force;
    OpenedWorld& world;

    std::vector<NodeStep> operator()(const Steer& edit) const { return of_maps(edit); }
    std::vector<NodeStep> operator()(const Ablate& edit) const { return of_maps(edit); }
    std::vector<NodeStep> operator()(const Affine& edit) const { return of_maps(edit); }
    std::vector<NodeStep> operator()(const Heads& edit) const { return of_maps(edit); }
    std::vector<NodeStep> operator()(const Nudge& edit) const { return of_maps(edit); }
    std::vector<NodeStep> operator()(const Patch& edit) const {
        const Site site = site_named(edit.site, item_kind("patch"), "choose a site", shelf, plan);
        const int n_layer = world.model->n_layer();
        auto layers = layers_in(edit.layers, site, n_layer);
        world.patches.push_back(
            {.item = edit,
             .states = std::make_shared<PatchStates>(std::move(layers), site.width, n_layer)});
        return patch_steps(edit, world.patches.back().states);
    }

private:
    [[nodiscard]] std::vector<NodeStep> of_maps(const StateEdit& edit) const {
        const Model& model = *world.model;
        const EditFile file = load_edit_file(edit, model.n_embd(), model.n_layer());
        if (!force) {
            check_fitted_on(file.maps, model);
        }
        const Site site = site_of(file, model, shelf, plan);
        if (file.n_head > 0 && file.n_head != model.n_head()) {
            fail({.where = "open_world",
                  .expected = "shifts of " + std::to_string(model.n_head()) + " heads a layer",
                  .came = std::to_string(file.n_head) + " in '" + file.maps.path + "'",
                  .advice = "use a file made for this model"});
        }
        auto steps = node_steps(edit, file, site, model.n_layer());
        note_hint(file, model, world.notes);
        return steps;
    }
};

void load_edits(const WorldPlan& plan, ModelShelf& shelf, const OpenOptions& options,
                OpenedWorld& world) {
    std::vector<NodeStep> steps;
    const LoadSteps load{.plan = plan, .shelf = shelf, .force = options.force, .world = world};
    for (const auto& edit : plan.edits) {
        auto its = std::visit(load, edit);
        world.edit_layers.push_back(layer_of(*std::ranges::min_element(its, {}, layer_of)));
        std::ranges::move(its, std::back_inserter(steps));
    }
    world.prototype.sites = hooks_of(steps, options.threads);
    world.capture_sites = hooks_of(capturing(std::move(steps)), options.threads);
}

Token biased_token(const Bias& bias, const Model& model) {
    if (bias.token >= 0) {
        return bias.token;
    }
    const Tokens tokens = model.continuation(bias.text, true);
    if (tokens.size() != 1) {
        std::string pieces;
        for (const Token token : tokens) {
            pieces += (pieces.empty() ? " ('" : "', '") + to_utf8(model.piece(token, true));
        }
        misuse({.where = "mechanism_of",
                .expected = item_kind("bias") + " with a text of one token",
                .came = "'" + bias.text + "', which is " + std::to_string(tokens.size()) + pieces +
                        (tokens.empty() ? "" : "')"),
                .advice = "most words begin with their space; a token's number will do, too"});
    }
    return tokens.front();
}

std::map<int, Token> resolve_forces(const WorldPlan& plan, const Model& model) {
    std::map<int, Token> forced;
    for (const auto& force : plan.forces) {
        const Tokens tokens =
            force.tokens.empty() ? model.continuation(force.text, true) : force.tokens;
        if (tokens.empty()) {
            misuse({.where = "open_world",
                    .expected = item_kind("do", std::to_string(force.position)) +
                                " with a text of at least one token",
                    .came = "an empty one"});
        }
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (tokens[i] < 0 || tokens[i] >= model.n_vocab()) {
                misuse({.where = "open_world",
                        .expected = "tokens within 0-" + std::to_string(model.n_vocab() - 1),
                        .came = std::to_string(tokens[i]) + " in world '" + plan.name + "'"});
            }
            forced[force.position + static_cast<int>(i)] = tokens[i];
        }
    }
    return forced;
}

}  // namespace

std::shared_ptr<const Model> ModelShelf::get(const WorldPlan& plan) {
    auto& model = models_[{plan.model, plan.weights}];
    if (!model) {
        ModelOptions options = options_;
        options.weights = plan.weights;
        model = cache_ ? cache_->get(plan.model, options) : Model::load(plan.model, options);
    }
    return model;
}

std::shared_ptr<const Model> ModelCache::get(const std::string& path, const ModelOptions& options) {
    if (options.vocabulary_only) {
        return Model::load(path, options);
    }
    auto& model =  // another file in its place is another model
        models_[{file_stamp(path), options.weights, options.gpu_layers, options.repack}];
    if (!model) {
        model = Model::load(path, options);
    }
    return model;
}

void ModelCache::drop_unused() {
    std::erase_if(models_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

const std::vector<Site>& ModelShelf::sites(const WorldPlan& plan) {
    const auto known = sites_.find(plan.model);
    return known != sites_.end() ? known->second
                                 : sites_.emplace(plan.model, find_sites(*get(plan))).first->second;
}

std::unique_ptr<Context> OpenedWorld::make_context(int n_streams, int stream_length, int max_rows,
                                                   int least_rows) const {
    ContextOptions options = prototype;
    options.n_streams = n_streams;
    options.stream_length = stream_length;
    options.max_rows = max_rows;
    options.least_rows = least_rows;
    return std::make_unique<Context>(model, std::move(options));
}

std::unique_ptr<Context> OpenedWorld::make_capture(
    const std::vector<std::shared_ptr<const Tokens>>& donors, int n_streams, int stream_length,
    int max_rows, int least_rows) const {
    OpenedWorld reader = *this;
    reader.prototype.sites = capture_sites;
    reader.prototype.own_rows.clear();
    for (int donor = 0; donor < static_cast<int>(donors.size()); ++donor) {
        OwnRows own{.prompt = donors[static_cast<std::size_t>(donor)]};
        for (const auto& patch : patches) {
            own.from = std::min(own.from, patch.states->first_donor_row(donor).value_or(own.from));
        }
        reader.prototype.own_rows.push_back(std::move(own));
    }
    return reader.make_context(n_streams, stream_length, max_rows, least_rows);
}

Mechanism mechanism_of(const WorldPlan& plan, const Model& model) {
    Mechanism mechanism = plan.mechanism;
    mechanism.biases.clear();
    for (const Bias& bias : plan.biases) {
        const Token token = biased_token(bias, model);
        if (token >= model.n_vocab()) {
            misuse({.where = "mechanism_of",
                    .expected = "tokens within 0-" + std::to_string(model.n_vocab() - 1),
                    .came = item_kind("bias", std::to_string(token)) + " in world '" + plan.name +
                            "'"});
        }
        if (bias.value != 0.0F) {
            mechanism.biases.push_back({.token = token, .nats = bias.value});
        }
    }
    check(mechanism);
    return mechanism;
}

OpenedWorld open_world(const WorldPlan& plan, ModelShelf& shelf, const Model& factual,
                       const OpenOptions& options) {
    OpenedWorld world;
    world.plan = plan;
    world.model = shelf.get(plan);
    if (world.model.get() != &factual) {
        auto match = match_vocabulary(factual, *world.model, options.strict_vocabulary);
        world.differing = std::move(match.differing);
        world.first_differing = std::move(match.first_differing);
        if (!match.relabelled.empty()) {
            world.notes.push_back(std::to_string(match.relabelled.size()) +
                                  " tokens are of another kind there, as " +
                                  match.first_relabelled);
        }
    }
    if (!plan.weights.empty() && !world.model->copied()) {
        world.notes.push_back("its weights are " + plan.weights + " already");
    } else if (!plan.weights.empty() && !world.model->stored_quantized()) {
        world.notes.push_back("no weight was quantized, so no activation was rounded to 8 bits; " +
                              plan.weights + " only changes the steps of floating point");
    }
    world.forced = resolve_forces(plan, *world.model);
    world.plan.mechanism = mechanism_of(plan, *world.model);
    world.prototype.threads = options.threads;
    world.prototype.cache_keys = plan.cache_keys;
    world.prototype.cache_values = plan.cache_values;
    world.prototype.flash_attention = plan.flash_attention;
    world.prototype.loras = load_loras(plan, world.model, world.notes);
    load_edits(plan, shelf, options, world);
    for (const auto& lora : plan.loras) {
        world.lora_layers.push_back(first_block(lora, world.model->n_layer()));
    }
    return world;
}

}  // namespace otherwise
