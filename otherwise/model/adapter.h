// Adapters from files: LoRA (weights) and control vectors (one direction a layer), both GGUF.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/model/gguf_file.h"
#include "otherwise/model/lora_check.h"
#include "otherwise/model/model.h"

struct llama_adapter_lora;

namespace otherwise {

/// A LoRA loaded for one model. Keeps its model alive. Contexts that use it must be freed before
/// it.
class Lora {
public:
    /// Throws Error: no such file, not a GGUF, check_lora's.
    [[nodiscard]] static std::shared_ptr<const Lora> load(std::shared_ptr<const Model> model,
                                                          const std::filesystem::path& path);
    ~Lora();
    Lora(const Lora&) = delete;
    Lora& operator=(const Lora&) = delete;
    [[nodiscard]] llama_adapter_lora* handle() const { return handle_; }
    /// What the adapter asks for and llama.cpp does not do.
    [[nodiscard]] const LoraLeftOut& left_out() const { return left_out_; }

private:
    Lora() = default;
    std::shared_ptr<const Model> model_;
    LoraLeftOut left_out_;
    llama_adapter_lora* handle_ = nullptr;
};

/// llama.cpp's control vector: tensors "direction.N", N ≥ 1, added to the residual after block N.
struct ControlVector {
    std::string path;
    std::string model_hint;                          ///< controlvector.model_hint, may be empty
    int width = 0;                                   ///< n_embd
    std::map<int, std::vector<float>> directions{};  ///< layer -> [width]
    FileNotes notes{};                               ///< how it was fitted, may be empty
};

/// Throws Error: no such file, not a GGUF, no direction in it, one of layer 0 or not f32, unequal
/// widths, NaN or Inf.
[[nodiscard]] ControlVector load_control_vector(const std::filesystem::path& path);

/// Writes it in llama.cpp's form, its notes as metadata. Throws misuse for what could not be loaded
/// again, Error when the disk does not take it; nothing half-written.
void save_control_vector(const ControlVector& vector, const std::filesystem::path& path);

}  // namespace otherwise
