// From gathered states to a fitted file, whatever they were gathered from.
#include <algorithm>
#include <utility>

#include "otherwise/fit/methods/fit_notes.h"
#include "otherwise/fit/methods/learned.h"

namespace otherwise {
namespace {

void require_apart(const std::vector<LayerScore>& scores) {
    const bool apart =
        std::ranges::any_of(scores, [](const LayerScore& score) { return score.distance > 0.0; });
    if (!apart) {
        refuse_equal_states();
    }
}

LearnedFile learn_by_method(const Gathered& gathered, FitResult& result) {
    switch (gathered.request.method) {
        case FitMethod::mimic:
            return learn_mimic(gathered, result.findings);
        case FitMethod::leace:
            return learn_leace(gathered, result.findings);
        case FitMethod::direction:
        case FitMethod::iti:
            break;
    }
    return learn_directions(gathered, result);
}

}  // namespace

void learn_from(Gathered gathered, int n_head, const GatherAgain& again, FitResult& result) {
    if (gathered.request.method == FitMethod::iti) {
        result.file = learn_heads(gathered, n_head, result);
        note_sets_alike(result);
        return;
    }
    result.layers = score_layers(gathered);
    require_apart(result.layers);
    std::vector<NodeStates> nodes;  // at the chosen layer
    if (gathered.request.best_layer()) {
        const auto best = best_layer(result.layers);
        result.layers[best].chosen = true;
        gathered.layers = {gathered.layers[best]};
        gathered.nodes = gathered.nodes.subspan(best, 1);
        if (again) {
            nodes = again(gathered.layers);
            gathered.nodes = nodes;
        }
    }
    result.file = learn_by_method(gathered, result);
    note_no_spread(gathered, result);
    note_sets_alike(result);
}

}  // namespace otherwise
