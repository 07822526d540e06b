#include "otherwise/fit/methods/requirements.h"

#include <algorithm>

#include "otherwise/base/error.h"
#include "otherwise/fit/states/gather.h"

namespace otherwise {
namespace {

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

/// In any order.
bool have_same_texts(const TextSet& a, const TextSet& b) {
    auto left = a.texts;
    auto right = b.texts;
    std::ranges::sort(left);
    std::ranges::sort(right);
    return left == right;
}

}  // namespace

bool needs_covariance(const FitRequest& request) {
    return request.method == FitMethod::leace ||
           (request.method == FitMethod::mimic && !request.mean_only);
}

void require_counts(const std::vector<SetSize>& sets, const FitRequest& request) {
    const bool more = request.method == FitMethod::leace;
    if (sets.size() < 2 || (sets.size() > 2 && !more)) {
        misuse({.where = "Fit",
                .expected = more ? "two sets of texts or more" : "two sets of texts",
                .came = std::to_string(sets.size()),
                .advice = "name a file for each set"});
    }
    const auto least = least_texts(request.method);
    for (const auto& set : sets) {
        if (set.n < least) {
            misuse({.where = "Fit",
                    .expected = "at least " + std::to_string(least) + " texts for " +
                                std::string(method_name(request.method)),
                    .came = std::to_string(set.n) + " in '" + set.name + "'",
                    .advice = "add more texts, one a line"});
        }
    }
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

void require_pairs(const std::vector<SetSize>& sets, const FitRequest& request) {
    if (needs_pairs(request) && sets[0].n != sets[1].n) {
        misuse({.where = "Fit",
                .expected = "as many texts in both sets: line i of one pairs with line i of the "
                            "other",
                .came = std::to_string(sets[0].n) + " and " + std::to_string(sets[1].n),
                .advice = "use " + setting("by", "mean") + ", which needs no pairs"});
    }
    if (needs_pairs(request) && request.pooling == Pooling::every) {
        misuse({.where = "Fit",
                .expected =
                    setting("pool", "last") + " or mean, one state a text, for paired differences",
                .came = setting("pool", "every"),
                .advice = "use " + setting("pool", "mean") + ", or " + setting("by", "mean")});
    }
}

void drop_block_zero(const FitRequest& request, const std::string& node, std::vector<int>& layers) {
    if (request.method != FitMethod::direction || node != "l_out") {
        return;
    }
    std::erase(layers, 0);
    if (layers.empty()) {
        misuse({.where = "Fit",
                .expected = "layers from 1: llama.cpp's control vectors have none for layer 0",
                .came = "layer 0 alone",
                .advice =
                    "take " + setting("site", "mlp") + " for the first block, or another layer"});
    }
}

void require_judges(const std::vector<SetSize>& sets, const FitRequest& request) {
    constexpr std::size_t kLeast = 4;
    for (const auto& set : sets) {
        const auto n = n_held_out(set.n, request.held_out);
        if (request.method == FitMethod::iti && n < kLeast) {
            misuse({.where = "Fit",
                    .expected = setting("held_out") + " that leaves at least " +
                                std::to_string(kLeast) +
                                " texts of each set to choose and to judge the heads",
                    .came = std::to_string(n) + " of '" + set.name + "'",
                    .advice = "raise " + setting("held_out") + ", or add texts"});
        }
    }
}

void require_heads(const FitRequest& request, std::size_t layers, int n_head) {
    const auto most = static_cast<int>(layers) * n_head;
    if (request.method == FitMethod::iti && request.heads > most) {
        misuse({.where = "Fit",
                .expected = setting("heads") + " of at most " + std::to_string(most) +
                            ", which these layers have",
                .came = std::to_string(request.heads),
                .advice = "ask for fewer, or for more " + setting("layers")});
    }
}

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

}  // namespace otherwise
