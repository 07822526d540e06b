#include "otherwise/fit/edit/first_state.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/edit/prompts.h"
#include "otherwise/fit/states/states.h"
#include "otherwise/fit/tail/row_sums.h"
#include "otherwise/world/edits.h"

namespace otherwise {
namespace {

double ratio_of(const std::vector<double>& lengths) {
    if (lengths.size() < 2) {
        return 1.0;
    }
    std::vector<double> others(lengths.begin() + 1, lengths.end());
    const auto middle = others.begin() + static_cast<std::ptrdiff_t>(others.size() / 2);
    std::nth_element(others.begin(), middle, others.end());
    return lengths.front() / *middle;
}

/// The rows of the fact's bare prompt where its subject ends at the first; else none.
Tokens rows_at_start(const EditScene& scene, const Fact& fact) {
    const auto prompt = edit_prompts(*scene.model, {fact}, {}).front();
    return prompt.subject == 0 && scene.model->bos() < 0 ? prompt.rows : Tokens{};
}

}  // namespace

std::vector<double> first_state_ratios(const EditScene& scene, const Tokens& text, int last,
                                       int threads) {
    std::vector<std::vector<double>> lengths(static_cast<std::size_t>(last) + 1);
    ReadStatesOptions options{.threads = threads,
                              .least_rows = scene.least_rows,
                              .last_block = last == scene.architecture.n_layer - 1};
    for (int layer = 0; layer <= last; ++layer) {
        options.nodes.push_back(residual_node(layer));
    }
    options.on_states = [&](const TextStates& states) {
        const auto width = static_cast<std::size_t>(states.width);
        for (std::size_t at = 0; at < states.values.size(); at += width) {
            lengths[states.node].push_back(norm(states.values.subspan(at, width)));
        }
    };
    (void)read_states(scene.model, std::span(&text, 1), options);
    std::vector<double> ratios;
    ratios.reserve(lengths.size());
    for (const auto& layer : lengths) {
        ratios.push_back(ratio_of(layer));
    }
    return ratios;
}

int highest_own_layer(const EditScene& scene, const Fact& fact, int layer, int threads) {
    const auto rows = rows_at_start(scene, fact);
    if (rows.empty()) {
        return layer;
    }
    const auto ratios = first_state_ratios(scene, rows, layer, threads);
    const auto sink =
        std::find_if(ratios.begin(), ratios.end(), [](double ratio) { return ratio > kSinkRatio; });
    return static_cast<int>(sink - ratios.begin()) - 1;
}

int suited_layer(const EditScene& scene, const Fact& fact, int layer, int threads) {
    const int own = highest_own_layer(scene, fact, layer, threads);
    return own == layer || own < 0 ? own : own / 2;
}

void require_own_states(const EditScene& scene, const std::vector<Fact>& facts,
                        const EditSettings& settings) {
    const int layer = settings.layers.back();
    for (const auto& fact : facts) {
        const int suited = suited_layer(scene, fact, layer, settings.threads);
        if (suited == layer) {
            continue;
        }
        const bool one = settings.method == EditMethod::rome;
        fail({.where = "require_own_states",
              .expected = "a subject with a state of its own in layer " + std::to_string(layer),
              .came = "'" + to_utf8(fact.subject) + "' as the first token of a text, whose state " +
                      "there is that of every text's start, so that all texts would change",
              .advice =
                  "put words before the subject" +
                  (suited < 0 || !one ? std::string()
                                      : ", or take " + setting("layers", std::to_string(suited))) +
                  (facts.size() == 1 ? "" : ", or leave out the fact '" + to_utf8(fact.id) + "'")});
    }
}

}  // namespace otherwise
