// What the ways of `otherwise edit` share: arguments.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "otherwise/api/edit.h"

namespace otherwise::cli {

struct EditArguments {
    std::string method;
    EditStudy study;
    Work work;
    std::vector<std::string> facts;  ///< --fact
    std::string file;                ///< --facts
    std::vector<std::string> ids;    ///< --id
    std::string layers;
    std::string output;
    std::string lora;
    double scale = 1.0;
    bool no_cache = false;
    bool no_check = false;
    bool dry_run = false;
    bool json = false;
    bool quiet = false;
};

void add_edit_options(CLI::App& app, EditArguments& arguments);

/// The facts that were asked for. Throws misuse for an id that is not there.
[[nodiscard]] std::vector<Fact> facts_of(const EditArguments& arguments);

}  // namespace otherwise::cli
