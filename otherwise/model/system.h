// What llama.cpp runs on: for the records of a run.
// Both start the backends where that is not done.
#pragma once

#include <string>

namespace otherwise {

/// The processor's features that llama.cpp's build uses: "AVX512 = 1 | …", without counts of
/// threads.
[[nodiscard]] std::string processor_features();

/// The devices that evaluate, as "CUDA0 (NVIDIA H100), CPU zen4": the processor with the variant of
/// the kernels, unless that is the only one of a native build. If asked, with the variant always
/// and the processor's own name: "CPU native (AMD EPYC)".
[[nodiscard]] std::string backend_devices(bool processor_name);

}  // namespace otherwise
