#include "otherwise/fit/methods/fit_notes.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "otherwise/base/hash.h"
#include "otherwise/base/number_list.h"
#include "otherwise/model/chat.h"
#include "otherwise/world/prompt.h"

namespace otherwise {
namespace {

std::string variant_name(const FitRequest& request) {
    switch (request.method) {
        case FitMethod::direction:
            return std::string(by_name(request.by)) + (request.unit ? ", unit" : ", natural");
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

FileNotes& own_notes(LearnedFile& file) {
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

/// Accuracies that say whether the sets differ where the method looks.
bool tells(const FitFinding& finding) {
    return finding.key == "held_out_accuracy" || finding.key == "probe_before" ||
           finding.key == "heads";
}

}  // namespace

void note_sets_alike(FitResult& result) {
    constexpr double kError = 0.05;
    const auto many = std::ranges::count_if(result.findings, tells);
    const double confidence = 1.0 - kError / static_cast<double>(std::max<long>(many, 1));
    const bool apart = std::ranges::any_of(result.findings, [&](const FitFinding& finding) {
        const auto& accuracy = finding.accuracy;
        return tells(finding) &&
               (accuracy.n() == 0 || accuracy.low(confidence) > accuracy.chance());
    });
    if (!apart) {
        result.findings.push_back(
            {.key = "not_told_apart",
             .text = fmt::format(
                 "note: held-out texts do not tell these sets apart ({}), so this may be luck; add "
                 "texts, or try another layer, site or pooling",
                 many > 1 ? fmt::format("none of {} layers is above chance by more than the best "
                                        "of so many is by luck",
                                        many)
                          : "the interval is not above chance")});
    }
}

void note_no_spread(const Gathered& gathered, FitResult& result) {
    std::vector<int> layers;
    for (const auto& score : result.layers) {
        if (std::isinf(score.separation) && std::ranges::count(gathered.layers, score.layer) > 0) {
            layers.push_back(score.layer);
        }
    }
    if (!layers.empty()) {
        result.findings.push_back(
            {.key = "no_spread",
             .text = fmt::format(
                 "note: at layer{} {} all states of a set are equal along the direction, so the "
                 "sets lie infinitely many deviations apart; texts that end alike may have the "
                 "same last state, which pooling by the mean does not take",
                 layers.size() == 1 ? "" : "s", number_list(layers)),
             .value = static_cast<double>(layers.size())});
    }
}

std::optional<ChatOrigin> chat_origin(const Model& model, const PromptForm& form) {
    if (!form.chat) {
        return std::nullopt;
    }
    return ChatOrigin{.template_sha256 = sha256_text(chat_source(model, form.chat_template).first),
                      .date = ChatReader(model, chat_options(form)).day()};
}

void write_notes(const FitOrigin& origin, const FitRequest& request, const FitPlan& plan,
                 FitResult& result) {
    if (auto* vector = std::get_if<ControlVector>(&result.file)) {
        vector->model_hint = origin.architecture;
    }
    auto& notes = own_notes(result.file);
    const auto add = [&](const std::string& key, GgufValue value) {
        notes.emplace_back("otherwise.fit." + key, std::move(value));
    };
    const auto add_known = [&](const std::string& key, const std::string& text) {
        if (!text.empty()) {
            add(key, text);
        }
    };
    const auto count = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
    add("method", std::string(method_name(request.method)));
    add("variant", variant_name(request));
    add("site", request.method == FitMethod::iti ? std::string("heads") : request.site);
    add("node", plan.node);
    add("layers", number_list(layers_of(result.file)));
    add("pooling", std::string(pooling_name(request.pooling)));
    add("layers_by", std::string(request.best_layer() ? "auto" : "request"));
    add("held_out", static_cast<float>(plan.n_held_out) / static_cast<float>(plan.n_texts));
    if (request.form.system) {
        add("system", *request.form.system);
    }
    add("chat", std::string(request.form.chat ? "yes" : "no"));
    if (origin.chat) {
        add("chat_template_sha256", origin.chat->template_sha256);
        add_known("chat_date", origin.chat->date);
    }
    add_known("model_sha256", origin.model_sha256);
    add_known("model_name", origin.model_name);
    constexpr const char* kNames[] = {"first", "second"};
    for (std::size_t i = 0; i < origin.sets.size(); ++i) {
        const std::string name = i < 2 ? kNames[i] : "set_" + std::to_string(i + 1);
        add_known(name + "_sha256", origin.sets[i].sha256);
        add("n_" + name, count(origin.sets[i].n));
    }
    add("n_held_out", count(plan.n_held_out));
    add("quality", quality_text(result.findings));
}

}  // namespace otherwise
