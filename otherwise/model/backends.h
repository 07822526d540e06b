// Which of llama.cpp's backends evaluate: found in our own folder, chosen once for the process.
//
// In a native build the CPU backend is part of the program: its one variant is `native`. In a
// portable build (GGML_BACKEND_DL) there is a module for each kind of processor,
// libggml-cpu-NAME.so beside libggml-base. Each scores itself by the features that this processor
// has; 0 is a processor that cannot run it. Modules are looked for in that folder alone: not in the
// working directory, as llama.cpp would, and not where GGML_BACKEND_PATH says, since whoever may
// write there could run code of theirs.
//
// Bits of logits depend on the variant. llama.cpp keeps its backends for the whole process, so this
// is shared state, guarded by a lock.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace otherwise {

/// The variant of a native build.
inline constexpr const char* kNativeVariant = "native";

struct BackendOptions {
    std::string cpu_variant;  ///< "" is the best one that runs here
};

/// Starts llama.cpp's backends and takes over its log. Every loader calls it with the defaults;
/// only the first call counts. Throws Error: no module of the CPU backend, none that runs here; a
/// variant that is unknown, cannot run here, or is not the one that was started before.
void start_backend(const BackendOptions& options = {});

/// The variant that was started; "" before.
[[nodiscard]] std::string active_cpu_variant();

struct CpuVariant {
    std::string name;
    int score = 0;  ///< the more features the higher; 0 where it cannot run here
};

/// The files that hold this library's code: its own (a program's, where it is linked into one),
/// llama.cpp's, and the module of the variant that was started. Some may be the same.
[[nodiscard]] std::vector<std::filesystem::path> code_files();

/// The variants of this build, the best first. Opens each module once: some milliseconds.
[[nodiscard]] std::vector<CpuVariant> cpu_variants();

/// The variant that these options ask for; throws as start_backend does.
[[nodiscard]] std::string chosen_variant(const std::vector<CpuVariant>& variants,
                                         const BackendOptions& options);

}  // namespace otherwise
