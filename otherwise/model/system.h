// What llama.cpp runs on: for the records of a run.
#pragma once

#include <string>

namespace otherwise {

/// The processor's features that llama.cpp's build uses: "AVX512 = 1 | …", without counts of
/// threads.
[[nodiscard]] std::string processor_features();

/// The devices that evaluate, as "CUDA0 (NVIDIA H100), CPU"; the processor's own name only if
/// asked.
[[nodiscard]] std::string backend_devices(bool processor_name);

}  // namespace otherwise
