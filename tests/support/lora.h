// A small random F16 LoRA for the default model, written with ggml's own GGUF API (the library
// writes f32 tensors only).
#pragma once

#include <ggml-cpp.h>
#include <gguf.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace otherwise::test {

/// Rank 4 on the attention output [576, 576] and the up projection [576, 1536] of blocks 2, 3, ….
/// `strength` is the spread of ΔW x where x has spread 1.
inline void write_random_lora(const std::filesystem::path& path, float strength, int blocks = 6,
                              std::uint64_t seed = 3) {
    constexpr std::int64_t kRank = 4;
    constexpr std::int64_t kWidth = 576;
    constexpr std::int64_t kInner = 1536;
    constexpr std::size_t kMemory = std::size_t{64} << 20U;
    std::mt19937_64 random(seed);
    const gguf_context_ptr file(gguf_init_empty());
    const ggml_context_ptr tensors(
        ggml_init({.mem_size = kMemory, .mem_buffer = nullptr, .no_alloc = false}));
    gguf_set_val_str(file.get(), "general.type", "adapter");
    gguf_set_val_str(file.get(), "general.architecture", "llama");
    gguf_set_val_str(file.get(), "adapter.type", "lora");
    gguf_set_val_f32(file.get(), "adapter.lora.alpha", static_cast<float>(kRank));
    const auto add = [&](const std::string& name, std::int64_t columns, std::int64_t rows,
                         float spread) {
        ggml_tensor* tensor = ggml_new_tensor_2d(tensors.get(), GGML_TYPE_F16, columns, rows);
        ggml_set_name(tensor, name.c_str());
        std::normal_distribution<float> normal(0.0F, spread);
        auto* values = static_cast<ggml_fp16_t*>(tensor->data);
        for (std::int64_t i = 0; i < columns * rows; ++i) {
            values[i] = ggml_fp32_to_fp16(normal(random));
        }
        gguf_add_tensor(file.get(), tensor);
    };
    const float in_spread = 1.0F / std::sqrt(static_cast<float>(kWidth));
    const float out_spread = strength / std::sqrt(static_cast<float>(kRank));
    for (int block = 2; block < 2 + blocks; ++block) {
        const std::string name = "blk." + std::to_string(block);
        add(name + ".attn_output.weight.lora_a", kWidth, kRank, in_spread);
        add(name + ".attn_output.weight.lora_b", kRank, kWidth, out_spread);
        add(name + ".ffn_up.weight.lora_a", kWidth, kRank, in_spread);
        add(name + ".ffn_up.weight.lora_b", kRank, kInner, out_spread);
    }
    if (!gguf_write_to_file(file.get(), path.c_str(), false)) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

}  // namespace otherwise::test
