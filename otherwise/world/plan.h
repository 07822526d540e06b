// A world worked out: the factual settings with the interventions folded in, in their order.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "otherwise/base/mechanism.h"
#include "otherwise/world/intervention.h"

namespace otherwise {

/// How a prompt's text becomes the model's input.
struct PromptForm {
    bool chat = false;                  ///< through the model's chat template, as a user message
    std::optional<std::string> system;  ///< system message, chat only
    std::string chat_template;          ///< Jinja in place of every model's own, chat only
    std::string chat_date{};            ///< YYYY-MM-DD that templates show; "" see ChatOptions
    std::string chat_clock{};           ///< YYYY-MM-DD, today for templates that ask for it
    std::string prefix;                 ///< before the text, of a conversation its last question
    std::string suffix;                 ///< after the text
    bool operator==(const PromptForm&) const = default;
};

using StateEdit = std::variant<Steer, Ablate, Affine, Heads, Patch, Nudge>;

/// Everything that a world is made of; plain values, nothing loaded.
struct WorldPlan {
    std::string name = "factual";
    std::string model;    ///< path
    std::string weights;  ///< "f16", "bf16" or "f32"; "" as they are stored
    std::vector<UseLora> loras;
    std::vector<StateEdit> edits;  ///< in order
    PromptForm prompt;
    std::vector<Force> forces;
    std::vector<Bias> biases;  ///< of the mechanism, whose tokens a model has to say
    Mechanism mechanism;
    std::string cache_keys = "f16";
    std::string cache_values = "f16";
    std::string flash_attention = "auto";
};

/// The plan after the interventions, in order. Throws misuse where one makes no sense there (a
/// system message without chat, a negative position).
[[nodiscard]] WorldPlan with_interventions(WorldPlan plan, const World& world);

/// True when model, adapters, hooks and runtime are the same, so that equal prompts give equal
/// logits.
[[nodiscard]] bool same_network(const WorldPlan& a, const WorldPlan& b);

/// The files beside the model that a world's network is made of: adapters, then those of its edits.
[[nodiscard]] std::vector<std::string> network_files(const WorldPlan& plan);

}  // namespace otherwise
