// What the commands share: one CLI11 application, options that several of them take, Ctrl-C.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/kernels.h"
#include "otherwise/api/cache_folder.h"
#include "otherwise/api/compose.h"
#include "otherwise/base/open_input.h"
#include "otherwise/base/processors.h"

namespace otherwise::cli {

/// What a finished parse leads to; returns the exit code.
using Action = std::function<int()>;

/// Adds options for the factual world's model and its runtime, with llama.cpp's names.
void add_model_options(CLI::App& app, Study& study, Work& work);
/// And for its mechanism.
void add_mechanism_options(CLI::App& app, Mechanism& mechanism);

/// Adds --chat, with `text` as its help, and what belongs to it.
void add_chat_options(CLI::App& app, Study& study, const char* text);

/// Adds --force, of what reads a run.
void add_force_option(CLI::App& app, bool& force);

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
void add_shards(CLI::App& app, Action& action);
void add_score(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_quantize(CLI::App& app, Action& action);
void add_fit(CLI::App& app, Action& action);
void add_edit(CLI::App& app, Action& action);
void add_serve(CLI::App& app, Action& action);

}  // namespace otherwise::cli
