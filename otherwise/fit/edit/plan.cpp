// check_edit and edit_memory of knowledge_edit.h: what is said before anything is evaluated.
#include <algorithm>
#include <map>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/edit/answer_text.h"
#include "otherwise/fit/edit/effect.h"
#include "otherwise/fit/edit/knowledge_edit.h"
#include "otherwise/fit/edit/prompts.h"
#include "otherwise/fit/states/sampling.h"
#include "otherwise/fit/states/states.h"
#include "otherwise/fit/tail/memory.h"

namespace otherwise {
namespace {

// Rows of one tail: attention grows with the square, and four facts of the default model packed
// into one (500 rows) take 1.2 times as long as one after the other (tests/data/facts.jsonl, 2
// cores).
constexpr int kMostRows = 256;
constexpr int kPrefixRows = 14;  // tokens of a prefix, from above
constexpr int kMostFacts = 16;
constexpr int kSampledText = 64;
constexpr int kReadText = 128;

void check_layers(const EditScene& scene, const EditSettings& settings) {
    const auto& layers = settings.layers;
    const int n = scene.architecture.n_layer;
    const bool ascending = std::adjacent_find(layers.begin(), layers.end(),
                                              [](int a, int b) { return a >= b; }) == layers.end();
    if (layers.empty() || layers.front() < 0 || layers.back() >= n || !ascending) {
        std::string came;
        for (const int layer : layers) {
            came += (came.empty() ? "" : ",") + std::to_string(layer);
        }
        misuse({.where = "check_edit",
                .expected = "layers from 0 to " + std::to_string(n - 1) + " in ascending order",
                .came = came.empty() ? "none" : came});
    }
    if (settings.method == EditMethod::rome && layers.size() != 1) {
        misuse({.where = "check_edit",
                .expected = "one layer for rome",
                .came = std::to_string(layers.size()),
                .advice = "memit spreads over several"});
    }
}

/// In the last layer a state reaches only the token after it.
void check_reach(const EditScene& scene, const std::vector<Fact>& facts,
                 const EditSettings& settings) {
    const int last = scene.architecture.n_layer - 1;
    if (settings.layers.back() != last) {
        return;
    }
    for (const auto& prompt : edit_prompts(*scene.model, facts, {})) {
        if (prompt.bare && prompt.subject != prompt.first_target) {
            const auto& fact = facts[static_cast<std::size_t>(prompt.fact)];
            misuse({.where = "check_edit",
                    .expected = "layers below " + std::to_string(last) + ", the last",
                    .came = std::to_string(last) + ": there the subject '" + to_utf8(fact.subject) +
                            "' cannot reach an answer that comes later",
                    .advice = "lower layers suit edits best; " + setting("layers", "auto") +
                              " tries some"});
        }
    }
}

/// One prompt cannot be given two answers.
void check_answers(const std::vector<Fact>& facts) {
    std::map<std::string, std::string> answers;
    for (const auto& fact : facts) {
        const auto prompt = std::string(trimmed_end(fact.text()));
        const auto [known, is_new] = answers.emplace(prompt, fact.target_new);
        if (!is_new && whole_text(prompt, known->second) != whole_text(prompt, fact.target_new)) {
            misuse(
                {.where = "check_edit",
                 .expected = "one new answer to '" + to_utf8(prompt) + "'",
                 .came = "'" + to_utf8(known->second) + "' and '" + to_utf8(fact.target_new) + "'",
                 .advice = "choose one with " + setting("id")});
        }
    }
}

/// Rows and rows with logits of each fact's prompts.
struct Size {
    int rows = 0;
    int logit_rows = 0;
};

std::vector<Size> sizes_of(const EditScene& scene, const std::vector<Fact>& facts,
                           const EditSettings& settings) {
    std::vector<Size> sizes(facts.size());
    for (const auto& prompt : edit_prompts(*scene.model, facts, {})) {
        auto& size = sizes[static_cast<std::size_t>(prompt.fact)];
        const int copies = prompt.target.empty() ? 1 : settings.prefixes + 1;
        size.rows += copies * static_cast<int>(prompt.rows.size()) + (copies - 1) * kPrefixRows;
        size.logit_rows += copies * std::max(1, static_cast<int>(prompt.target.size()));
    }
    return sizes;
}

/// Values of the states that are held at once while facts are sought: those of some facts' prompts.
std::size_t sought_values(const EditScene& scene, const EditSettings& settings,
                          const std::vector<Size>& sizes, std::size_t at_once) {
    const auto block = std::max(at_once, kFactsRead);
    std::size_t most = 0;
    for (std::size_t first = 0; first < sizes.size(); first += block) {
        std::size_t rows = 0;
        for (auto i = first; i < std::min(sizes.size(), first + block); ++i) {
            rows += static_cast<std::size_t>(sizes[i].rows);
        }
        most = std::max(most, rows);
    }
    const auto width = static_cast<std::size_t>(scene.architecture.width);
    const auto inner = static_cast<std::size_t>(scene.architecture.inner);
    return most * (2 * width +  // the state, and the feed-forward's output or what it is added to
                   (settings.method == EditMethod::rome ? inner : 0));
}

/// The parts of an edit's memory that grow with its facts.
void measure_facts(const EditScene& scene, const EditSettings& settings,
                   const std::vector<Size>& sizes, EditMemory& memory) {
    constexpr std::size_t kValuesKept = 5;  // of a fact's width: delta, goal, state, base, output
    constexpr std::size_t kText = 512;      // bytes of a prompt's tokens and strings, about
    const auto n = sizes.size();
    const auto width = static_cast<std::size_t>(scene.architecture.width);
    const auto inner = static_cast<std::size_t>(scene.architecture.inner);
    const auto prompts = n * static_cast<std::size_t>(settings.prefixes + 2);
    const auto layers = settings.layers.size();
    const std::size_t change = n * (inner + width) * sizeof(float);  // of one layer
    memory.facts = n * kValuesKept * width * sizeof(float) + prompts * kText +
                   sizeof(float) * sought_values(scene, settings, sizes,
                                                 static_cast<std::size_t>(memory.facts_at_once));
    // The changes so far and the hooks' copies; keys and states of every prompt, the keys' means;
    // keys, their solutions and the change in F64; the products of keys, twice.
    memory.writing = 2 * layers * change + prompts * (inner + 2 * width) * sizeof(float) +
                     2 * n * (inner + width) * sizeof(float) + 3 * n * inner * sizeof(double) +
                     2 * n * n * sizeof(double);
    // The changes, their tensors, and the adapter as it is loaded.
    memory.adapter = 3 * layers * change;
}

std::size_t activations_of(const EditScene& scene, const EditSettings& settings,
                           const std::vector<Size>& sizes, std::size_t at_once) {
    std::size_t most = 0;
    for (std::size_t first = 0; first < sizes.size(); first += at_once) {
        Size sum;
        for (auto i = first; i < std::min(sizes.size(), first + at_once); ++i) {
            sum.rows += sizes[i].rows;
            sum.logit_rows += sizes[i].logit_rows;
        }
        most = std::max(most, tail_bytes(scene.architecture, *scene.weights, settings.layers.back(),
                                         sum.rows, sum.logit_rows));
    }
    return most;
}

}  // namespace

std::size_t EditMemory::most() const {
    return std::max({sampling + covariance, kept + facts + gradient(),
                     kept + facts + copies + reading + solver + writing,
                     copies + facts + adapter + effect});
}

void check_edit(const EditScene& scene, const std::vector<Fact>& facts,
                const EditSettings& settings) {
    check_layers(scene, settings);
    if (settings.method == EditMethod::rome && facts.size() != 1) {
        misuse({.where = "check_edit",
                .expected = "one fact for rome",
                .came = std::to_string(facts.size()),
                .advice = "choose one with " + setting("id") + ", or write them all with memit"});
    }
    check_answers(facts);
    check_reach(scene, facts, settings);
    check_corpus(*scene.model, scene.architecture, settings.text);
}

EditMemory edit_memory(const EditScene& scene, const std::vector<Fact>& facts,
                       const EditSettings& settings, std::size_t budget) {
    const auto sizes = sizes_of(scene, facts, settings);
    EditMemory memory;
    memory.sampling = sampling_bytes(*scene.model, kSampledText);
    memory.reading = states_bytes(*scene.model, kReadText, scene.least_rows);
    const auto n_layers = static_cast<int>(settings.layers.size());
    memory.covariance = covariance_bytes(scene.architecture, n_layers);
    memory.kept = packed_covariance_bytes(scene.architecture, n_layers);
    memory.solver = solver_bytes(scene.architecture);
    memory.turning = tail_turning_bytes(scene.architecture, *scene.weights, settings.layers.back());
    int rows = 0;
    for (const auto& size : sizes) {
        rows = std::max(rows, size.rows);
    }
    memory.facts_at_once = std::clamp(kMostRows / std::max(1, rows), 1,
                                      std::min(kMostFacts, static_cast<int>(facts.size())));
    measure_facts(scene, settings, sizes, memory);
    memory.effect = effect_bytes(*scene.model);
    const auto measure = [&] {
        memory.copies = tail_copies_bytes(scene.architecture, *scene.weights,
                                          settings.layers.back(), memory.small_copies);
        memory.activations =
            activations_of(scene, settings, sizes, static_cast<std::size_t>(memory.facts_at_once));
        return memory.gradient();
    };
    while (measure() > budget && memory.facts_at_once > 1) {
        --memory.facts_at_once;
    }
    if (memory.gradient() > budget) {
        memory.small_copies = true;
        measure();
    }
    return memory;
}

}  // namespace otherwise
