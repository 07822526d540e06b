// ggml's CPU backend to compute a graph with. It is reached through its device and the addresses
// that this gives, since in a portable build it is a module that the program does not link.
#pragma once

#include <memory>

struct ggml_backend;

namespace otherwise {

struct CpuBackendDeleter {
    void operator()(ggml_backend* backend) const;
};
using CpuBackend = std::unique_ptr<ggml_backend, CpuBackendDeleter>;

/// Starts the backends where that is not done. Throws Error as start_backend does, and where there
/// is no memory.
[[nodiscard]] CpuBackend cpu_backend(int threads);

}  // namespace otherwise
