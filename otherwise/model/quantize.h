// Another quantization of a model file, by llama.cpp.
//
// K-quants (Q2_K, Q4_K_M, …) pack 256 values at a time; a tensor whose rows are no multiple of 256
// (SmolLM2-135M: 576) gets the nearest type that fits instead, so the file is larger than its name
// says. A file that is quantized already is quantized again from its own rounded weights.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

/// Names that quantize_model takes: "Q4_0", "Q8_0", "Q2_K", "Q4_K_M", "F16", …
[[nodiscard]] std::vector<std::string> quantization_names();

/// The name of one of llama.cpp's file types (llama_ftype): "Q4_K_M", "IQ2_XXS"; "unknown" without.
[[nodiscard]] std::string quantization_name(int file_type);

/// Writes `to` as a requantized copy of `from` (the first of its files, model_files.h), through a
/// temporary name: `to` is whole or absent. `threads` < 1 means all. A few seconds per 100 million
/// weights and core. `on_progress` counts tensors. Throws Error: unknown type, unreadable input,
/// input that is no model, `to` the same file as one of the model's, disk full; Cancelled
/// (base/cancelled.h), asked before each tensor.
void quantize_model(const std::filesystem::path& from, const std::filesystem::path& to,
                    std::string_view type, int threads,
                    const std::function<void(long done, long total)>& on_progress = {});

}  // namespace otherwise
