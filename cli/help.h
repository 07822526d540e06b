// How --help looks, and how a line that cannot be parsed is complained about.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace otherwise::cli {

/// The whole help of one command in lines of at most 80 columns: what it does, its usage, options
/// in groups with their defaults in brackets, the footer. A description's first line says what the
/// command does; further lines are its usage.
class HelpText : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string name,
                          CLI::AppFormatMode mode) const override;
};

/// Throws misuse with one line for what the parser found wrong; `arguments` as they were given.
[[noreturn]] void refuse_line(const CLI::App& app, const CLI::ParseError& error);

/// Throws misuse where `text`, which no option took, is the scale of one: llama.cpp once took
/// --lora-scaled FILE SCALE.
void refuse_lone_scale(const CLI::App& command, const std::string& text);

/// Throws misuse unless the first argument is a command, or asks for help, the version or
/// licences.
void check_command(const CLI::App& app, const std::vector<std::string>& arguments);

}  // namespace otherwise::cli
