// --target and --off-target, which `run` and `score` take.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "otherwise/measure/world_measures.h"

namespace otherwise::cli {

struct TargetArguments {
    std::vector<std::string> targets;
    std::vector<std::string> off_targets;
};

void add_target_options(CLI::App& app, TargetArguments& arguments);
void add_target_options(CLI::App& app, std::vector<std::string>& targets,
                        std::vector<std::string>& off_targets);

/// Compiles them. Throws misuse that names a bad one.
[[nodiscard]] std::vector<Target> targets_of(const TargetArguments& arguments);

}  // namespace otherwise::cli
