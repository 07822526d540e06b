// Which of llama.cpp's kernels evaluate: options of every command that loads a model to run it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "otherwise/api/kernels_json.h"
#include "otherwise/model/model.h"

namespace otherwise::cli {

struct KernelArguments {
    bool no_repack = false;
    std::string cpu_variant;  ///< "" is the best one
};

void add_kernel_options(CLI::App& app, KernelArguments& arguments, const char* group = "Model");
void add_kernel_options(CLI::App& app, bool& no_repack, std::string& cpu_variant,
                        const char* group = "Model");

/// Starts llama.cpp's backends, and says how models are to be loaded.
[[nodiscard]] ModelOptions start_kernels(const KernelArguments& arguments, int gpu_layers = -1);

/// Says on stderr where --no-repack changes nothing: no matrix of these models would be repacked.
void note_repacking(const KernelArguments& arguments, const std::vector<std::string>& models);

}  // namespace otherwise::cli
