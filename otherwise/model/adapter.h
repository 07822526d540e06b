// LoRA adapters from files, and control vectors beside them (control_vector.h).
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "otherwise/model/control_vector.h"
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

}  // namespace otherwise
