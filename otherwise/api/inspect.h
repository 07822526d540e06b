// What a GGUF file is: a model with its sites, a LoRA, a control vector, a fitted map, or none.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/api/work.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/inspect.h"
#include "otherwise/model/invariance.h"

namespace otherwise {

/// What only a model that evaluates can tell.
struct ModelFacts {
    Inspection inspection;
    Invariance invariance;             ///< of the model alone
    std::string cpu_variant;           ///< the kernels that evaluated it
    std::string cpu_features;          ///< what they use of the processor
    std::vector<CpuVariant> variants;  ///< all of this build
};

struct FileFacts {
    FileDescription file;
    std::optional<ModelFacts> model{};  ///< none for other files
};

/// A model is hashed (2 s per GB), evaluated and probed; of other files the header is read, of
/// affine maps and heads all. Of `work` the threads and the kernels count. `no_repack`: no remedy
/// repacks weights, as in a study. Throws Error like describe_file, Model::load and Context;
/// within a CancelScope (base/cancelled.h) also Cancelled.
[[nodiscard]] FileFacts inspect(const std::filesystem::path& file, const Work& work = {},
                                bool no_repack = false);

/// {"kind": "model" | "lora" | "control_vector" | "affine" | "heads" | "other", "path", …}: of a
/// model its numbers, "chat", "batch_invariant" and "sites", of others "tensors" and "metadata".
/// Indented, without a newline at the end.
[[nodiscard]] std::string to_json(const FileFacts& facts);

/// The word for JSON: "control_vector".
[[nodiscard]] std::string kind_name(FileKind kind);

/// Names of the chat templates that a study may name instead of a file. Throws Error where this
/// build has no chat templates.
[[nodiscard]] std::vector<std::string> chat_template_names();

}  // namespace otherwise
