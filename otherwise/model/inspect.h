// What a model or an adapter file is, and where in a model an intervention can act.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/model/chat_abilities.h"
#include "otherwise/model/token_kind.h"

namespace otherwise {

class Model;  // model.h

/// A node of llama.cpp's graph, one a layer, named "l_out-0", "l_out-1", …
struct Site {
    std::string node;         ///< "l_out"
    std::string meaning;      ///< "residual stream after the block"
    std::vector<int> layers;  ///< ascending
    int width = 0;            ///< values of one row
};

/// The sites that one evaluation of two tokens passes through; those that no layer has are left out
/// (a recurrent layer has no attention heads). Costs a context of 256 cells. Throws Error when the
/// model was loaded without weights or cannot be evaluated.
[[nodiscard]] std::vector<Site> find_sites(const Model& model);

/// A model's chat template, as it is rendered.
struct ChatFacts {
    std::string hash;  ///< SHA-256
    ChatAbilities abilities;
    bool reads_clock = false;
    bool takes_date = false;
    std::string question;  ///< an example: "Hello" as the user's first message
    Token turn_end = -1;
    std::string turn_end_name{};  ///< as stored in the vocabulary; "" without
};

struct Inspection {
    std::string path;
    std::string name;
    std::string architecture;
    std::string quantization;
    std::string hash;
    std::uint64_t n_params = 0;
    std::uint64_t size_bytes = 0;
    int n_layer = 0;
    int n_embd = 0;
    int n_head = 0;
    int n_head_kv = 0;
    int n_ctx_train = 0;
    int sliding_window = 0;  ///< tokens, 0 without
    bool recurrent = false;
    int n_vocab = 0;
    std::map<TokenKind, int> token_kinds{};  ///< how many tokens of each kind
    Tokens ends{};                           ///< end-of-generation tokens, ascending
    std::vector<std::string> end_names{};    ///< theirs, as stored in the vocabulary
    Token bos = -1;
    Token eos = -1;
    std::optional<std::string> chat_template{};
    std::optional<ChatFacts> chat{};            ///< with a template that renders
    std::string chat_problem{};                 ///< why it does not; settings marked
    std::map<std::string, int> tensor_types{};  ///< "q4_0" -> how many tensors
    std::vector<Site> sites{};
};

/// Everything above; reads the whole file for its hash. Throws Error like find_sites.
[[nodiscard]] Inspection inspect(const Model& model);

enum class FileKind { model, lora, control_vector, affine, heads, other };

/// A tensor of an adapter: a LoRA's pair under the name of the weight that it changes, a direction,
/// or all that acts at one node.
struct AdapterTensor {
    std::string name;                   ///< "blk.3.ffn_down.weight", "direction.4", "l_out-7"
    int layer = -1;                     ///< −1 outside the blocks
    int rank = 0;                       ///< of a LoRA or a low-rank map, else 0
    std::vector<std::int64_t> shape{};  ///< inputs and outputs of the weight, or the width
    std::string form{};                 ///< affine: of W, "dense", …; heads: "4 of 9 heads"
};

struct FileDescription {
    FileKind kind = FileKind::other;
    std::string path;
    std::string architecture{};            ///< of the model that it is for, "" unknown
    std::vector<std::string> left_out{};   ///< LoRA: tensors that llama.cpp reads over
    Tokens invocation{};                   ///< activated LoRA: it acts from these tokens on
    std::optional<double> alpha{};         ///< LoRA; applied scale is alpha / rank, or 1 without
    std::string node{};                    ///< affine and heads: where they act, "l_out"
    int width = 0;                         ///< of a row that it acts on; 0 for LoRAs and models
    std::vector<AdapterTensor> tensors{};  ///< by layer; empty for models
    std::vector<std::pair<std::string, std::string>> metadata{};

    /// The metadata "otherwise.fit.KEY"; "" without.
    [[nodiscard]] std::string fit(std::string_view key) const;
};

/// What a GGUF file is: from its header alone, but for affine maps and heads, which are read whole
/// and checked. Throws Error like GgufFile::open, load_affine and load_heads, and for a LoRA with
/// half a pair.
[[nodiscard]] FileDescription describe_file(const std::filesystem::path& path);

}  // namespace otherwise
