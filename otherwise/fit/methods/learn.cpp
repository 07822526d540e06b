#include "otherwise/fit/methods/learn.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/fit/methods/fit_notes.h"
#include "otherwise/fit/methods/learned.h"
#include "otherwise/fit/states/site.h"
#include "otherwise/fit/states/text_tokens.h"

namespace otherwise {
namespace {

constexpr double kMegabyte = 1024.0 * 1024.0;

/// Texts of each set that a method cannot do without.
std::size_t least_texts(FitMethod method) {
    switch (method) {
        case FitMethod::direction:
            return 2;
        case FitMethod::iti:
            return 20;
        case FitMethod::mimic:
        case FitMethod::leace:
            break;
    }
    return 10;
}

bool needs_pairs(const FitRequest& request) {
    return request.method == FitMethod::direction && request.by != DirectionBy::mean;
}

bool needs_covariance(const FitRequest& request) {
    return request.method == FitMethod::leace ||
           (request.method == FitMethod::mimic && !request.mean_only);
}

void require_counts(const std::vector<TextSet>& sets, const FitRequest& request) {
    const bool more = request.method == FitMethod::leace;
    if (sets.size() < 2 || (sets.size() > 2 && !more)) {
        misuse({.where = "Fit",
                .expected = more ? "two sets of texts or more" : "two sets of texts",
                .came = std::to_string(sets.size()),
                .advice = "name a file for each set"});
    }
    const auto least = least_texts(request.method);
    for (const auto& set : sets) {
        if (set.texts.size() < least) {
            misuse({.where = "Fit",
                    .expected = "at least " + std::to_string(least) + " texts for " +
                                std::string(method_name(request.method)),
                    .came = std::to_string(set.texts.size()) + " in '" + set.path + "'",
                    .advice = "add more texts, one a line"});
        }
    }
}

/// In any order.
bool have_same_texts(const TextSet& a, const TextSet& b) {
    auto left = a.texts;
    auto right = b.texts;
    std::ranges::sort(left);
    std::ranges::sort(right);
    return left == right;
}

void require_different(const std::vector<TextSet>& sets) {
    for (std::size_t i = 0; i < sets.size(); ++i) {
        for (std::size_t j = i + 1; j < sets.size(); ++j) {
            if (have_same_texts(sets[i], sets[j])) {
                misuse(
                    {.where = "Fit",
                     .expected = "sets of texts that differ",
                     .came = "the same texts in '" + sets[i].path + "' and '" + sets[j].path + "'",
                     .advice = "give two files of different texts"});
            }
        }
    }
}

void require_pairs(const std::vector<TextSet>& sets, const FitRequest& request) {
    if (needs_pairs(request) && sets[0].texts.size() != sets[1].texts.size()) {
        misuse({.where = "Fit",
                .expected = "as many texts in both sets: line i of one pairs with line i of the "
                            "other",
                .came = std::to_string(sets[0].texts.size()) + " and " +
                        std::to_string(sets[1].texts.size()),
                .advice = "use --by mean, which needs no pairs"});
    }
    if (needs_pairs(request) && request.pooling == Pooling::every) {
        misuse({.where = "Fit",
                .expected = "--pool last or mean, one state a text, for paired differences",
                .came = "--pool every",
                .advice = "use --pool mean, or --by mean"});
    }
}

/// A control vector starts at the block 1.
void drop_block_zero(FitSite& site, const FitRequest& request) {
    if (request.method != FitMethod::direction || site.node != "l_out") {
        return;
    }
    std::erase(site.layers, 0);
    if (site.layers.empty()) {
        misuse({.where = "Fit",
                .expected = "layers from 1: llama.cpp's control vectors have none for layer 0",
                .came = "layer 0 alone",
                .advice = "take --site mlp for the first block, or another layer"});
    }
}

void require_apart(const std::vector<LayerScore>& scores) {
    const bool apart =
        std::ranges::any_of(scores, [](const LayerScore& score) { return score.distance > 0.0; });
    if (!apart) {
        refuse_equal_states();
    }
}

/// Heads are chosen by half of the held-out texts and judged by the other.
void require_judges(const std::vector<TextSet>& sets, const FitRequest& request) {
    constexpr std::size_t kLeast = 4;
    for (const auto& set : sets) {
        const auto n = n_held_out(set.texts.size(), request.held_out);
        if (request.method == FitMethod::iti && n < kLeast) {
            misuse({.where = "Fit",
                    .expected = "--held-out that leaves at least " + std::to_string(kLeast) +
                                " texts of each set to choose and to judge the heads",
                    .came = std::to_string(n) + " of '" + set.path + "'",
                    .advice = "raise --held-out, or add texts"});
        }
    }
}

void require_heads(const FitRequest& request, std::size_t layers, int n_head) {
    const auto most = static_cast<int>(layers) * n_head;
    if (request.method == FitMethod::iti && request.heads > most) {
        misuse(
            {.where = "Fit",
             .expected = "--heads of at most " + std::to_string(most) + ", which these layers have",
             .came = std::to_string(request.heads),
             .advice = "ask for fewer, or for more --layers"});
    }
}

/// What a method needs beside the states: matrices of d² doubles while one layer is computed (also
/// a probe's and a principal component's, of at least d texts), the maps of all layers in floats
/// and once more while they are written, and the held-out and fitted states of a layer in doubles,
/// thrice.
std::size_t method_bytes(const FitRequest& request, int width, std::size_t layers,
                         std::size_t texts) {
    constexpr std::size_t kSquaresOfMimic = 12;
    constexpr std::size_t kSquaresOfLeace = 8;
    constexpr std::size_t kSquaresOfRest = 4;
    const auto d = static_cast<std::size_t>(width);
    const auto states = 3 * texts * d * sizeof(double);
    if (request.method == FitMethod::leace) {
        return states + kSquaresOfLeace * d * d * sizeof(double);
    }
    if (request.method == FitMethod::mimic && !request.mean_only) {
        return states + kSquaresOfMimic * d * d * sizeof(double) +
               2 * layers * d * d * sizeof(float);
    }
    const auto side = std::min(d, texts);
    return states + kSquaresOfRest * side * side * sizeof(double);
}

}  // namespace

Fit::Fit(std::shared_ptr<const Model> model, std::vector<TextSet> sets, FitRequest request)
    : model_(std::move(model)), sets_(std::move(sets)), request_(std::move(request)) {
    require_counts(sets_, request_);
    require_different(sets_);
    require_pairs(sets_, request_);
    const bool heads = request_.method == FitMethod::iti;
    auto site = find_fit_site(*model_, heads ? "heads" : request_.site, request_.layers);
    drop_block_zero(site, request_);
    require_judges(sets_, request_);
    require_heads(request_, site.layers.size(), model_->n_head());
    width_ = site.width;
    plan_.node = site.node;
    plan_.layers = site.layers;
    std::size_t longest = 0;
    for (const auto& set : sets_) {
        tokens_.push_back(tokenize_texts(*model_, request_.form, set));
        for (std::size_t i = 0; i < set.texts.size(); ++i) {
            longest = std::max(longest, tokens_.back()[i].size());
            plan_.n_tokens += static_cast<long>(tokens_.back()[i].size());
        }
        plan_.n_texts += set.texts.size();
        plan_.n_held_out += n_held_out(set.texts.size(), request_.held_out);
    }
    const bool now = needs_covariance(request_) && !request_.best_layer;
    const std::size_t first =
        gather_bytes(gathering(plan_.layers, now), sets_.size(), plan_.n_texts);
    const std::size_t second =
        request_.best_layer && needs_covariance(request_)
            ? gather_bytes(gathering({plan_.layers.front()}, true), sets_.size(), plan_.n_texts)
            : 0;
    const std::size_t fitted = request_.best_layer ? 1 : plan_.layers.size();
    plan_.bytes = first + second + states_bytes(*model_, static_cast<int>(longest)) +
                  method_bytes(request_, width_, fitted, plan_.n_texts);
    if (request_.memory > 0 && plan_.bytes > request_.memory) {
        fail({.where = "Fit",
              .expected = fmt::format("--memory of at least {:.0f} MB for {} layers",
                                      static_cast<double>(plan_.bytes) / kMegabyte + 1.0,
                                      plan_.layers.size()),
              .came = fmt::format("{:.3g} MB", static_cast<double>(request_.memory) / kMegabyte),
              .advice = "name fewer --layers, or raise --memory"});
    }
}

GatherOptions Fit::gathering(const std::vector<int>& layers, bool covariance) const {
    GatherOptions options;
    for (const int layer : layers) {
        options.nodes.push_back(plan_.node + "-" + std::to_string(layer));
        options.last_block |=
            layer == model_->n_layer() - 1 && needs_logits_in_last_block(plan_.node);
    }
    options.width = width_;
    options.pooling = request_.pooling;
    options.covariance = covariance;
    options.held_out = request_.held_out;
    options.threads = request_.threads;
    return options;
}

std::vector<NodeStates> Fit::pass(const std::vector<int>& layers, bool covariance,
                                  const FitCallbacks& callbacks) const {
    auto options = gathering(layers, covariance);
    options.on_progress = callbacks.on_progress;
    options.cancelled = callbacks.cancelled;
    options.name_of = [this](std::size_t set, std::size_t text) {
        return "text " + std::to_string(text + 1) + " of '" + sets_[set].path + "'";
    };
    auto nodes = gather(model_, tokens_, options);
    if (nodes.empty()) {
        throw Cancelled();
    }
    return nodes;
}

FitResult Fit::run(const FitCallbacks& callbacks) const {
    FitResult result{.method = request_.method, .n_sets = sets_.size()};
    try {
        learn(callbacks, result);
        note_sets_alike(result);
        if (auto* vector = std::get_if<ControlVector>(&result.file)) {
            vector->model_hint = model_->architecture();
        }
        write_notes(*model_, sets_, request_, plan_, result);
    } catch (const Cancelled&) {
        result.cancelled = true;
    }
    return result;
}

void Fit::learn(const FitCallbacks& callbacks, FitResult& result) const {
    const bool covariance = needs_covariance(request_);
    const bool again = covariance && request_.best_layer;
    auto watched = callbacks;
    watched.on_progress = [&](long done, long total) {
        if (callbacks.on_progress) {
            callbacks.on_progress(done, again ? 2 * total : total);
        }
    };
    auto nodes = pass(plan_.layers, covariance && !again, watched);
    Gathered gathered{.request = request_,
                      .node = plan_.node,
                      .width = width_,
                      .layers = plan_.layers,
                      .nodes = nodes,
                      .cancelled = callbacks.cancelled};
    if (request_.method == FitMethod::iti) {
        result.file = learn_heads(gathered, model_->n_head(), result);
        return;
    }
    result.layers = score_layers(gathered);
    require_apart(result.layers);
    if (request_.best_layer) {
        const auto best = best_layer(result.layers);
        result.layers[best].chosen = true;
        gathered.layers = {plan_.layers[best]};
        gathered.nodes = std::span(nodes).subspan(best, 1);
    }
    if (again) {
        watched.on_progress = [&](long done, long total) {
            if (callbacks.on_progress) {
                callbacks.on_progress(total + done, 2 * total);
            }
        };
        nodes = pass(gathered.layers, true, watched);
        gathered.nodes = nodes;
    }
    switch (request_.method) {
        case FitMethod::mimic:
            result.file = learn_mimic(gathered, result.findings);
            break;
        case FitMethod::leace:
            result.file = learn_leace(gathered, result.findings);
            break;
        case FitMethod::direction:
        case FitMethod::iti:
            result.file = learn_directions(gathered, result);
            break;
    }
    note_no_spread(gathered, result);
}

void save_learned(const LearnedFile& file, const std::filesystem::path& path) {
    if (const auto* vector = std::get_if<ControlVector>(&file)) {
        save_control_vector(*vector, path);
    } else if (const auto* affine = std::get_if<AffineFile>(&file)) {
        save_affine(*affine, path);
    } else {
        save_heads(std::get<HeadsFile>(file), path);
    }
}

}  // namespace otherwise
