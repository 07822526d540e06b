// What the commands share: one CLI11 application, options that several of them take, Ctrl-C.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/kernels.h"
#include "otherwise/base/processors.h"
#include "otherwise/world/plan.h"

namespace otherwise::cli {

/// What a finished parse leads to; returns the exit code.
using Action = std::function<int()>;

/// Options for prompts that are messages.
struct ChatArguments {
    bool use = false;                   ///< --chat
    std::optional<std::string> system;  ///< --system
    std::string form;                   ///< --chat-template; "" the model's own
    std::string date{};                 ///< --chat-date; "" none
    std::string clock{};                ///< today, where it is settled already
};

/// Options for the factual world's model, its runtime and its mechanism, with llama.cpp's names.
struct ModelArguments {
    std::string path;
    int gpu_layers = -1;
    KernelArguments kernels;
    int threads = 0;
    int context = 0;
    int max_rows = 0;
    std::string flash_attention = "auto";
    std::string cache_keys = "f16";
    std::string cache_values = "f16";
    Mechanism mechanism;
    ChatArguments chat;
    std::vector<std::string> factual_items;  ///< --factual
    std::string smooth;                      ///< --smooth: a type of weights, "" without
};

/// Adds them to a subcommand.
void add_model_options(CLI::App& app, ModelArguments& arguments);
void add_mechanism_options(CLI::App& app, ModelArguments& arguments);

/// Adds --chat, with `text` as its help, and what belongs to it.
void add_chat_options(CLI::App& app, ChatArguments& arguments, const char* text);
/// Throws misuse: a template, a date or a system message without --chat, no such template.
[[nodiscard]] PromptForm prompt_form(const ChatArguments& arguments);
/// Sets the clock to this day where the template of one of the models asks for it and no date is
/// given.
void settle_clock(ChatArguments& arguments, const std::vector<std::string>& models);

/// The items that every world has: --factual, and --smooth's where it is not among them.
[[nodiscard]] std::vector<std::string> factual_items(const ModelArguments& arguments);

/// The plan of the factual world. Without -m it is the default model in the cache folder.
[[nodiscard]] WorldPlan factual_plan(const ModelArguments& arguments);

/// The cache folder: $OTHERWISE_CACHE, else $XDG_CACHE_HOME/otherwise, else ~/.cache/otherwise.
[[nodiscard]] std::string cache_folder();

/// Opens a file to read. Throws Error that says `expected` where there is none, or a folder.
[[nodiscard]] std::ifstream open_input(const std::string& path, const char* expected);

/// From here on Ctrl-C leaves at once with a line: nothing is done yet.
void leave_on_interrupt();

/// From here on Ctrl-C sets a flag; a second Ctrl-C ends the process at once. The flag stays set.
void catch_interrupts();
[[nodiscard]] bool interrupted();

// One for each command: adds itself to the application and sets `action` when it is chosen.
void add_run(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_law(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_merge(CLI::App& app, Action& action);
void add_score(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_quantize(CLI::App& app, Action& action);
void add_fit(CLI::App& app, Action& action);
void add_edit(CLI::App& app, Action& action);

}  // namespace otherwise::cli
