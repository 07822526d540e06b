// The command line of `otherwise law`, parsed.
#pragma once

#include "cli/run_options.h"
#include "otherwise/api/law.h"

namespace otherwise::cli {

struct LawArguments {
    RunArguments run;
    LawSettings settings;
    bool tokens = false;  ///< the strings are shown, too
};

void add_law_options(CLI::App& app, LawArguments& arguments);

/// Throws misuse where options contradict each other.
void check_law_options(const LawArguments& arguments);

}  // namespace otherwise::cli
