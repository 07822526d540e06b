#include "otherwise/fit/methods/learn.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/megabytes.h"
#include "otherwise/fit/methods/fit_notes.h"
#include "otherwise/fit/methods/learned.h"
#include "otherwise/fit/methods/requirements.h"
#include "otherwise/fit/states/site.h"
#include "otherwise/fit/states/text_tokens.h"

namespace otherwise {
namespace {

std::vector<SetSize> sizes_of(const std::vector<TextSet>& sets) {
    std::vector<SetSize> sizes;
    for (const auto& set : sets) {
        sizes.push_back({.name = set.path, .n = set.texts.size()});
    }
    return sizes;
}

std::vector<FittedSet> fitted_sets(const std::vector<TextSet>& sets) {
    std::vector<FittedSet> fitted;
    for (const auto& set : sets) {
        fitted.push_back({.sha256 = set.sha256, .n = set.texts.size()});
    }
    return fitted;
}

/// Progress of one pass of two.
FitCallbacks half(const FitCallbacks& callbacks, bool second) {
    return {.on_progress =
                [&callbacks, second](long done, long total) {
                    if (callbacks.on_progress) {
                        callbacks.on_progress(second ? total + done : done, 2 * total);
                    }
                },
            .cancelled = callbacks.cancelled};
}

}  // namespace

Fit::Fit(std::shared_ptr<const Model> model, std::vector<TextSet> sets, FitRequest request,
         const FitWork& work)
    : model_(std::move(model)), sets_(std::move(sets)), request_(std::move(request)), work_(work) {
    check_request(request_);
    const auto sizes = sizes_of(sets_);
    require_counts(sizes, request_);
    require_different(sets_);
    require_pairs(sizes, request_);
    const bool heads = request_.method == FitMethod::iti;
    auto site = find_fit_site(*model_, heads ? "heads" : request_.site, request_.layers.range);
    drop_block_zero(request_, site.node, site.layers);
    require_judges(sizes, request_);
    require_heads(request_, site.layers.size(), model_->n_head());
    width_ = site.width;
    plan_.node = site.node;
    plan_.layers = site.layers;
    read_texts();
    plan_.bytes = bytes();
    if (work_.memory > 0 && plan_.bytes > work_.memory) {
        fail({.where = "Fit",
              .expected = fmt::format("{} of at least {} for {} layers", setting("memory"),
                                      needed_megabytes(plan_.bytes), plan_.layers.size()),
              .came = fmt::format("{:.3g} MB", megabytes(work_.memory)),
              .advice = "name fewer " + setting("layers") + ", or raise " + setting("memory")});
    }
}

void Fit::read_texts() {
    for (const auto& set : sets_) {
        tokens_.push_back(tokenize_texts(*model_, request_.form, set));
        for (const auto& tokens : tokens_.back()) {
            longest_ = std::max(longest_, tokens.size());
            plan_.n_tokens += static_cast<long>(tokens.size());
        }
        plan_.n_texts += set.texts.size();
        plan_.n_held_out += n_held_out(set.texts.size(), request_.held_out);
    }
}

std::size_t Fit::bytes() const {
    const bool again = request_.best_layer() && needs_covariance(request_);
    const bool now = needs_covariance(request_) && !again;
    const std::size_t first =
        gather_bytes(gathering(plan_.layers, now), sets_.size(), plan_.n_texts);
    const std::size_t second =
        again ? gather_bytes(gathering({plan_.layers.front()}, true), sets_.size(), plan_.n_texts)
              : 0;
    const std::size_t fitted = request_.best_layer() ? 1 : plan_.layers.size();
    return first + second + states_bytes(*model_, static_cast<int>(longest_), work_.least_rows) +
           method_bytes(request_, width_, fitted, plan_.n_texts);
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
    options.threads = work_.threads;
    options.least_rows = work_.least_rows;
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
    const bool covariance = needs_covariance(request_);
    const bool twice = covariance && request_.best_layer();
    try {
        const auto nodes =
            pass(plan_.layers, covariance && !twice, twice ? half(callbacks, false) : callbacks);
        const GatherAgain again = [&](const std::vector<int>& layers) {
            return pass(layers, true, half(callbacks, true));
        };
        learn_from({.request = request_,
                    .node = plan_.node,
                    .width = width_,
                    .layers = plan_.layers,
                    .nodes = nodes,
                    .cancelled = callbacks.cancelled},
                   model_->n_head(), twice ? again : GatherAgain(), result);
        write_notes({.architecture = model_->architecture(),
                     .model_name = model_->name(),
                     .model_sha256 = model_->hash(),
                     .chat = chat_origin(*model_, request_.form),
                     .sets = fitted_sets(sets_)},
                    request_, plan_, result);
    } catch (const Cancelled&) {
        result.cancelled = true;
    }
    return result;
}

}  // namespace otherwise
