// Tiny random models of every architecture that can be edited, and what llama.cpp computes for them
// in F32: the states that a tail starts from, and all logits.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "otherwise/fit/tail/architecture.h"
#include "otherwise/fit/tail/graph.h"
#include "otherwise/fit/tail/weights.h"
#include "otherwise/model/context.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/model.h"
#include "otherwise/world/edits.h"
#include "tests/support/models.h"

namespace otherwise::test {

/// Made by tests/support/tiny.py.
inline std::filesystem::path tiny_model(const TemporaryFolder& folder,
                                        const std::string& architecture) {
    auto path = folder / (architecture + ".gguf");
    const std::string command = "python3 '" + std::string(OTHERWISE_SOURCE_DIR) +
                                "/tests/support/tiny.py' " + architecture + " '" + path.string() +
                                "'";
    if (!std::filesystem::exists(path) &&
        std::system(command.c_str()) != 0) {  // NOLINT(concurrency-mt-unsafe)
        throw std::runtime_error("cannot make " + path.string());
    }
    return path;
}

/// One text as llama.cpp evaluates it, with a cache in F32 and plain attention.
struct Evaluated {
    std::map<std::string, std::vector<float>> nodes;
    std::vector<float> logits;  ///< [rows * n_vocab]
};

inline Evaluated evaluate(const std::shared_ptr<const Model>& model, const Tokens& tokens,
                          const std::vector<std::string>& nodes) {
    Evaluated result;
    ContextOptions options{.max_rows = static_cast<int>(tokens.size()),
                           .cache_keys = "f32",
                           .cache_values = "f32",
                           .flash_attention = "off",
                           .least_rows = 1};
    for (const auto& node : nodes) {
        options.sites.push_back({.node = node, .edit = [&result, node](const SiteRows& rows) {
                                     result.nodes[node].assign(rows.values.begin(),
                                                               rows.values.end());
                                 }});
    }
    Context context(model, options);
    Call call{.n_streams = 1, .n_rows = static_cast<int>(tokens.size())};
    call.tokens = tokens;
    call.positions = {0};
    call.wanted.assign(tokens.size(), 1);
    call.written.assign(tokens.size(), 0);
    context.decode(call);
    for (int row = 0; row < call.n_rows; ++row) {
        const auto logits = context.logits(row);
        result.logits.insert(result.logits.end(), logits.begin(), logits.end());
    }
    return result;
}

/// A model, its weights and architecture.
struct TailScene {
    explicit TailScene(const std::filesystem::path& path)
        : model(Model::load(path)),
          architecture(architecture_of(GgufFile::open(path))),
          weights(std::make_shared<Weights>(path)) {}

    [[nodiscard]] std::string state_node(int layer) const {
        return architecture.form.post_norms ? value_node(layer) : residual_node(layer);
    }

    /// A prompt of a tail after `layer` without targets, and the logits of its rows.
    TailPrompt prompt(const Tokens& tokens, int layer, std::vector<float>& logits) const {
        std::vector<std::string> nodes{state_node(layer)};
        if (architecture.form.post_norms) {
            nodes.push_back(architecture.attention_node(layer));
        }
        auto evaluated = evaluate(model, tokens, nodes);
        logits = std::move(evaluated.logits);
        TailPrompt prompt{.state = std::move(evaluated.nodes[nodes.front()])};
        if (architecture.form.post_norms) {
            prompt.base = std::move(evaluated.nodes[nodes.back()]);
        }
        return prompt;
    }

    std::shared_ptr<const Model> model;
    Architecture architecture;
    std::shared_ptr<Weights> weights;
};

}  // namespace otherwise::test
