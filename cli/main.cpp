// The command: parses, calls a subcommand, and turns every failure into one line and an exit code.
#include <csignal>
#include <cstdio>
#include <exception>
#include <fmt/core.h>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "otherwise/base/error.h"
#include "otherwise/base/version.h"

namespace otherwise::cli {
namespace {

struct LongName {
    std::string_view as_given;
    std::string_view as_parsed;
};

/// llama.cpp's flags of several letters after one dash; the parser knows only their long names.
std::string with_long_name(std::string argument) {
    static constexpr LongName kNames[] = {
        {"-ngl", "--gpu-layers"},  {"-ub", "--ubatch-size"},   {"-fa", "--flash-attn"},
        {"-ctk", "--cache-type-k"}, {"-ctv", "--cache-type-v"}, {"-np", "--parallel"},
    };
    for (const auto& name : kNames) {
        if (argument == name.as_given) {
            return std::string(name.as_parsed);
        }
    }
    return argument;
}

std::vector<std::string> arguments_of(int argc, char** argv) {
    std::vector<std::string> arguments;
    for (int i = argc - 1; i > 0; --i) {  // the parser takes them in reverse
        arguments.push_back(with_long_name(argv[i]));
    }
    return arguments;
}

void complain(const std::string& text) { fmt::print(stderr, "otherwise: {}\n", text); }

std::string one_line(std::string text) {
    for (auto& c : text) {
        c = c == '\n' ? ' ' : c;
    }
    return text;
}

int run_command(int argc, char** argv) {
    CLI::App app("What would this language model have written otherwise?");
    app.name("otherwise");
    app.set_version_flag("--version", fmt::format("otherwise {} (llama.cpp from llama-cpp-python {})",
                                                  OTHERWISE_VERSION, OTHERWISE_LLAMA_VERSION));
    app.require_subcommand(1);
    app.footer("Example:\n  otherwise run -m model.gguf -p \"The Louvre is located in\" "
               "--world small=model:model-Q2_K.gguf\n\nSee `otherwise COMMAND --help` for each command.");
    Action action;
    add_run(app, action);
    add_inspect(app, action);
    add_quantize(app, action);
    add_bench(app, action);
    try {
        app.parse(arguments_of(argc, argv));
    } catch (const CLI::Success& done) {
        return app.exit(done);
    } catch (const CLI::ParseError& error) {
        complain(one_line(error.what()) + "; see `otherwise --help`");
        return static_cast<int>(Fault::misuse);
    }
    return action();
}

}  // namespace
}  // namespace otherwise::cli

int main(int argc, char** argv) {
    (void)std::signal(SIGPIPE, SIG_IGN);
    try {
        return otherwise::cli::run_command(argc, argv);
    } catch (const otherwise::Error& error) {
        otherwise::cli::complain(otherwise::cli::one_line(error.what()));
        return static_cast<int>(error.fault());
    } catch (const std::bad_alloc&) {
        otherwise::cli::complain("expected enough memory, got none; try a smaller --memory or -np");
    } catch (const std::exception& error) {
        otherwise::cli::complain(otherwise::cli::one_line(error.what()));
    }
    return 1;
}
