// Interventions as plain values: each is one change that makes another world.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise {

/// The rows an intervention acts on. A row belongs to its input token; `written` includes the last
/// row of the prompt, since it predicts the first written token.
enum class Scope { prompt, written, all };

/// Layers, both inclusive; −1 leaves that end open.
struct LayerRange {
    int first = -1;
    int last = -1;
    bool operator==(const LayerRange&) const = default;
};

/// Another model file with the same vocabulary.
struct UseModel {
    std::string path;
    bool operator==(const UseModel&) const = default;
};

/// A LoRA adapter: W + scale · B A.
struct UseLora {
    std::string path;
    float scale = 1.0F;
    Scope scope = Scope::all;
    bool operator==(const UseLora&) const = default;
};

/// x + scale · v at the residual after each block in range, v from a control vector file; or at the
/// node of an affine file whose W are all the identity, v its b.
struct Steer {
    std::string path;
    float scale = 1.0F;
    LayerRange layers{};
    Scope scope = Scope::all;
    bool operator==(const Steer&) const = default;
};

/// x − scale · (x · v̂) v̂ at the same sites, v̂ = v / ‖v‖ from the same kind of file.
struct Ablate {
    std::string path;
    float scale = 1.0F;
    LayerRange layers{};
    Scope scope = Scope::all;
    bool operator==(const Ablate&) const = default;
};

/// x + scale · (W x + b − x) at the node and in the layers of an affine file (model/affine_file.h).
struct Affine {
    std::string path;
    float scale = 1.0F;
    LayerRange layers{};
    Scope scope = Scope::all;
    bool operator==(const Affine&) const = default;
};

/// Attention heads plus scale times their shifts, from a heads file (model/heads_file.h).
struct Heads {
    std::string path;
    float scale = 1.0F;
    LayerRange layers{};
    Scope scope = Scope::all;
    bool operator==(const Heads&) const = default;
};

/// Rows of a prompt, both inclusive and of one sign: from 0 on, or negative ones from the end, −1
/// the last.
struct RowRange {
    int first = 0;
    int last = 0;
    bool operator==(const RowRange&) const = default;
};

/// The states of rows of the prompt become those that a donor prompt has there, at the same node
/// and in the same layers (activation patching). Donor and prompt have equally many rows, or the
/// rows count from the end.
struct Patch {
    std::string donor;           ///< the donor of all strings; "" takes each string's own
    std::string site = "l_out";  ///< the node: l_out is the residual after the block
    LayerRange layers{};
    std::vector<RowRange> rows{};  ///< none = all
    bool operator==(const Patch&) const = default;
};

/// A change of no meaning: x_i (1 ± size) at the residual, by default after the first block. The
/// signs are fixed ones, of the seed and the layer, turned by the lowest bit of each x_i: so every
/// row moves in a direction of its own, and the same row always in the same. ‖change‖ = size · ‖x‖.
/// What it does to strings is rounding alone.
struct Nudge {
    float scale = 1e-5F;  ///< its size
    LayerRange layers{};  ///< without both ends the first block alone
    Scope scope = Scope::all;
    int seed = 0;
    bool operator==(const Nudge&) const = default;
};

/// Another system message (chat only).
struct SystemPrompt {
    std::string text;
    bool operator==(const SystemPrompt&) const = default;
};

/// Text before every prompt.
struct Prefix {
    std::string text;
    bool operator==(const Prefix&) const = default;
};

/// Text after every prompt.
struct Suffix {
    std::string text;
    bool operator==(const Suffix&) const = default;
};

/// do(tokens at position): written tokens position, position + 1, … are these, whatever the noise.
struct Force {
    int position = 0;    ///< counts written tokens from 0
    std::string text{};  ///< tokenized apart; unused when tokens are given
    Tokens tokens{};
    bool operator==(const Force&) const = default;
};

/// value nats are added to the logit of one token, before the mechanism, as llama.cpp's
/// --logit-bias; −inf forbids the token.
struct Bias {
    std::string text{};  ///< tokenized apart, one token; unused when there is a token
    Token token = -1;
    float value = 0.0F;
    bool operator==(const Bias&) const = default;
};

struct SetTemperature {
    float value = 1.0F;
    bool operator==(const SetTemperature&) const = default;
};
struct SetTopK {
    int value = 0;
    bool operator==(const SetTopK&) const = default;
};
struct SetTopP {
    float value = 1.0F;
    bool operator==(const SetTopP&) const = default;
};
struct SetMinP {
    float value = 0.0F;
    bool operator==(const SetMinP&) const = default;
};

/// Type of the cached keys: "f16", "q8_0", "bf16", … as llama.cpp's -ctk.
struct CacheKeys {
    std::string type;
    bool operator==(const CacheKeys&) const = default;
};

/// Type of the cached values, as llama.cpp's -ctv.
struct CacheValues {
    std::string type;
    bool operator==(const CacheValues&) const = default;
};

/// "on", "off" or "auto", as llama.cpp's -fa.
struct FlashAttention {
    std::string mode;
    bool operator==(const FlashAttention&) const = default;
};

/// The model's own weights in floating point, "f16", "bf16" or "f32" (model/dense.h).
struct UseWeights {
    std::string type;
    bool operator==(const UseWeights&) const = default;
};

/// In the order of the help. What each kind looks like is in kinds.cpp, what it does in plan.cpp.
using Intervention =
    std::variant<UseModel, UseLora, Steer, Ablate, Affine, Heads, Patch, Nudge, SystemPrompt,
                 Prefix, Suffix, Force, Bias, SetTemperature, SetTopK, SetTopP, SetMinP, CacheKeys,
                 CacheValues, FlashAttention, UseWeights>;

/// A world: its name and what makes it differ from the factual one, in order.
struct World {
    std::string name;
    std::vector<Intervention> interventions{};
    bool operator==(const World&) const = default;
};

/// One line for people: "steer sad.gguf × 1.5, layers 8–12, written".
[[nodiscard]] std::string describe(const Intervention& intervention);
[[nodiscard]] std::string describe(const World& world);

/// The path of the file that it reads; null where it reads none.
[[nodiscard]] std::string* file_of(Intervention& intervention);
[[nodiscard]] const std::string* file_of(const Intervention& intervention);

}  // namespace otherwise
