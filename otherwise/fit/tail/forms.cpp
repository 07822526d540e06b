// The table of architectures whose tail can be rebuilt. A new one is an entry here, a model of
// tests/support/tiny.py, and nothing else: the tests of the tail and of edits run over the table.
//
// Entries follow llama.cpp's graphs, src/models/NAME.cpp.
#include <array>

#include "otherwise/fit/tail/architecture.h"

namespace otherwise {
namespace {

constexpr std::array<ArchitectureForm, 7> kForms{{
    {.name = "llama",
     .key_node = "ffn_swiglu",
     .turn = Turn::adjacent,
     .rope_factors = "rope_freqs.weight"},
    {.name = "qwen2", .key_node = "ffn_swiglu"},
    {.name = "qwen3", .key_node = "ffn_swiglu", .head_norms = HeadNorms::each},
    {.name = "gemma3",
     .key_node = "ffn_geglu",
     .attention_node = "sa_out",
     .post_norms = true,
     .head_norms = HeadNorms::each,
     .activation = Activation::gelu,
     .window_every = 6,
     .window_base = 10000.0F,
     .capped = true,
     .wide_layers = 62},
    {.name = "gpt2",
     .key_node = "ffn_gelu",
     .rms = false,
     .gate = Gate::none,
     .activation = Activation::gelu,
     .turn = Turn::none},
    // Of the two tables of factors the short one is for contexts up to the original length, which
    // the texts of an edit never pass. llama.cpp leaves out the sliding window that headers name.
    {.name = "phi3",
     .key_node = "ffn_swiglu",
     .gate = Gate::fused,
     .rope_factors = "rope_factors_short.weight"},
    {.name = "olmo2",
     .key_node = "ffn_swiglu",
     .pre_norms = false,
     .post_norms = true,
     .head_norms = HeadNorms::all,
     .window_every = 4},
}};

}  // namespace

std::span<const ArchitectureForm> architecture_forms() { return kForms; }

std::vector<std::string> editable_architectures() {
    std::vector<std::string> names;
    for (const auto& form : kForms) {
        names.emplace_back(form.name);
    }
    return names;
}

}  // namespace otherwise
