// An edit of down projections: ΔW = Σ_r write_r read_rᵀ in some layers, as ROME and MEMIT make it.
//
// It acts on a context through hooks while it is being made, and is saved as a LoRA in llama.cpp's
// form (blk.N.ffn_down.weight, A = read, B = write, alpha = rank), which at scale 0 leaves the
// model as it was, bit for bit.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "otherwise/fit/edit/lora_file.h"
#include "otherwise/fit/tail/architecture.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/tap.h"

namespace otherwise {

struct LowRankEdit {
    int layer = 0;
    int rank = 0;
    std::vector<float> read;   ///< [rank * inner]
    std::vector<float> write;  ///< [rank * width]
};

/// Hooks that add each edit's product with the key to what the down projection gives.
[[nodiscard]] std::vector<Hook> edit_hooks(const Architecture& architecture,
                                           const std::vector<LowRankEdit>& edits);

/// The adapter, with more metadata beside what llama.cpp needs. Throws Error for an edit of the
/// wrong size or with values that are not finite.
[[nodiscard]] LoraFile lora_of(const Architecture& architecture,
                               const std::vector<LowRankEdit>& edits,
                               const std::vector<std::pair<std::string, GgufValue>>& metadata);

}  // namespace otherwise
