#include "otherwise/fit/learn.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/fit/learned.h"
#include "otherwise/fit/site.h"
#include "otherwise/fit/text_tokens.h"

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
                .came = std::to_string(sets.size())});
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

void require_different(const std::vector<TextSet>& sets, const FitRequest& request) {
    for (std::size_t i = 0; i < sets.size(); ++i) {
        for (std::size_t j = i + 1; j < sets.size(); ++j) {
            if (sets[i].texts == sets[j].texts) {
                misuse({.where = "Fit",
                        .expected = "sets of texts that differ",
                        .came =
                            "the same texts in '" + sets[i].path + "' and '" + sets[j].path + "'"});
            }
        }
    }
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
                .came = "--pool every"});
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

std::string layers_text(const std::vector<int>& layers) {
    const bool run = layers.back() - layers.front() + 1 == static_cast<int>(layers.size());
    if (layers.size() == 1) {
        return std::to_string(layers.front());
    }
    if (run) {
        return std::to_string(layers.front()) + "-" + std::to_string(layers.back());
    }
    std::string text;
    for (const int layer : layers) {
        text += (text.empty() ? "" : ",") + std::to_string(layer);
    }
    return text;
}

std::string by_name(DirectionBy by) {
    if (by == DirectionBy::mean) {
        return "mean";
    }
    return by == DirectionBy::pca ? "pca" : "pca-centred";
}

std::string variant_name(const FitRequest& request) {
    switch (request.method) {
        case FitMethod::direction:
            return by_name(request.by) + (request.unit ? ", unit" : ", natural");
        case FitMethod::mimic:
            return request.mean_only ? "mean" : "mean and covariance";
        case FitMethod::iti:
            return "mass-mean shift";
        case FitMethod::leace:
            break;
    }
    return "least squares";
}

std::string quality_text(const std::vector<FitFinding>& findings) {
    std::string text;
    for (const auto& finding : findings) {
        text += (text.empty() ? "" : "; ") + finding.text;
    }
    return text;
}

FileNotes& notes_of(LearnedFile& file) {
    return std::visit([](auto& one) -> FileNotes& { return one.notes; }, file);
}

std::vector<int> layers_of(const LearnedFile& file) {
    std::vector<int> layers;
    const auto add = [&](const auto& map) {
        for (const auto& [layer, value] : map) {
            layers.push_back(layer);
        }
    };
    if (const auto* vector = std::get_if<ControlVector>(&file)) {
        add(vector->directions);
    } else if (const auto* affine = std::get_if<AffineFile>(&file)) {
        add(affine->maps);
    } else {
        add(std::get<HeadsFile>(file).shifts);
    }
    return layers;
}

void write_notes(const Model& model, const std::vector<TextSet>& sets, const FitRequest& request,
                 const FitPlan& plan, FitResult& result) {
    auto& notes = notes_of(result.file);
    const auto add = [&](const std::string& key, GgufValue value) {
        notes.emplace_back("otherwise.fit." + key, std::move(value));
    };
    const auto count = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
    add("method", std::string(method_name(request.method)));
    add("variant", variant_name(request));
    add("site", request.method == FitMethod::iti ? std::string("heads") : request.site);
    add("node", plan.node);
    add("layers", layers_text(layers_of(result.file)));
    add("pooling", std::string(pooling_name(request.pooling)));
    add("chat", std::string(request.form.chat ? "yes" : "no"));
    add("model_sha256", model.hash());
    add("model_name", model.name());
    constexpr const char* kNames[] = {"first", "second"};
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const std::string name = i < 2 ? kNames[i] : "set_" + std::to_string(i + 1);
        add(name + "_sha256", sets[i].sha256);
        add("n_" + name, count(sets[i].texts.size()));
    }
    add("n_held_out", count(plan.n_held_out));
    add("quality", quality_text(result.findings));
}

void require_apart(const std::vector<LayerScore>& scores) {
    const bool apart =
        std::ranges::any_of(scores, [](const LayerScore& score) { return score.distance > 0.0; });
    if (!apart) {
        fail({.where = "Fit::run",
              .expected = "sets whose states differ",
              .came = "equal states at every layer asked for",
              .advice = "choose another site or pooling"});
    }
}

}  // namespace

Fit::Fit(std::shared_ptr<const Model> model, std::vector<TextSet> sets, FitRequest request)
    : model_(std::move(model)), sets_(std::move(sets)), request_(std::move(request)) {
    require_counts(sets_, request_);
    require_different(sets_, request_);
    const bool heads = request_.method == FitMethod::iti;
    auto site = find_fit_site(*model_, heads ? "heads" : request_.site, request_.layers);
    drop_block_zero(site, request_);
    width_ = site.width;
    plan_.node = site.node;
    plan_.layers = site.layers;
    std::size_t longest = 0;
    for (const auto& set : sets_) {
        tokens_.push_back(tokenize_texts(*model_, request_.form, set));
        for (std::size_t i = 0; i < set.texts.size(); ++i) {
            plan_.n_held_out += is_held_out(i, request_.held_out) ? 1U : 0U;
            longest = std::max(longest, tokens_.back()[i].size());
            plan_.n_tokens += static_cast<long>(tokens_.back()[i].size());
        }
        plan_.n_texts += set.texts.size();
    }
    const bool now = needs_covariance(request_) && !request_.best_layer;
    const std::size_t first =
        gather_bytes(gathering(plan_.layers, now), sets_.size(), plan_.n_texts);
    const std::size_t second =
        request_.best_layer && needs_covariance(request_)
            ? gather_bytes(gathering({plan_.layers.front()}, true), sets_.size(), plan_.n_texts)
            : 0;
    plan_.bytes = first + second + states_bytes(*model_, static_cast<int>(longest));
    if (request_.memory > 0 && plan_.bytes > request_.memory) {
        fail({.where = "Fit",
              .expected = fmt::format("--memory of at least {:.0f} MB for {} layers",
                                      static_cast<double>(plan_.bytes) / kMegabyte + 1.0,
                                      plan_.layers.size()),
              .came = fmt::format("{:.0f} MB", static_cast<double>(request_.memory) / kMegabyte),
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
    return gather(model_, tokens_, options);
}

FitResult Fit::run(const FitCallbacks& callbacks) const {
    FitResult result;
    const bool covariance = needs_covariance(request_);
    auto nodes = pass(plan_.layers, covariance && !request_.best_layer, callbacks);
    if (nodes.empty()) {
        result.cancelled = true;
        return result;
    }
    Gathered gathered{.request = request_,
                      .node = plan_.node,
                      .width = width_,
                      .layers = plan_.layers,
                      .nodes = nodes};
    if (request_.method == FitMethod::iti) {
        result.file = learn_heads(gathered, model_->n_head(), result);
        write_notes(*model_, sets_, request_, plan_, result);
        return result;
    }
    result.layers = score_layers(gathered);
    require_apart(result.layers);
    if (request_.best_layer) {
        const auto best = best_layer(result.layers);
        result.layers[best].chosen = true;
        gathered.layers = {plan_.layers[best]};
        if (covariance) {
            nodes = pass(gathered.layers, true, callbacks);
            result.cancelled = nodes.empty();
            gathered.nodes = nodes;
        } else {
            gathered.nodes = std::span(nodes).subspan(best, 1);
        }
    }
    if (result.cancelled) {
        return result;
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
            result.file = learn_directions(gathered, result.findings);
            break;
    }
    write_notes(*model_, sets_, request_, plan_, result);
    return result;
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

std::string_view method_name(FitMethod method) {
    switch (method) {
        case FitMethod::direction:
            return "direction";
        case FitMethod::mimic:
            return "mimic";
        case FitMethod::leace:
            return "leace";
        case FitMethod::iti:
            break;
    }
    return "iti";
}

std::string_view pooling_name(Pooling pooling) {
    switch (pooling) {
        case Pooling::last:
            return "last";
        case Pooling::mean:
            return "mean";
        case Pooling::every:
            break;
    }
    return "every";
}

}  // namespace otherwise
