// What llama.cpp runs on: for the records of a run.
// Both start the backends where that is not done.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace otherwise {

/// The processor's features that llama.cpp's build uses: "AVX512 = 1 | …", without counts of
/// threads.
[[nodiscard]] std::string processor_features();

/// The devices that evaluate, as "CUDA0 (NVIDIA H100), CPU zen4": the processor with the variant of
/// the kernels, unless that is the only one of a native build. If asked, with the variant always
/// and the processor's own name: "CPU native (AMD EPYC)".
[[nodiscard]] std::string backend_devices(bool processor_name);

/// Whether a model with so many layers on a GPU (llama.cpp's -ngl; negative = all) has any there.
[[nodiscard]] bool on_gpu(int gpu_layers);

/// Throws Error where a model of so many bytes is more than the `free` memory; 0 = not known.
void require_model_memory(std::size_t bytes, std::size_t free);

/// Free memory in bytes of the GPU that has least of it; nothing without one.
[[nodiscard]] std::optional<std::size_t> free_gpu_memory();

}  // namespace otherwise
