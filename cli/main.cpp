// The command: parses, calls a subcommand, and turns every failure into one line and an exit code.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <ios>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/crash.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/output.h"
#include "otherwise/api/licenses.h"
#include "otherwise/base/error.h"
#include "otherwise/base/version.h"

namespace otherwise::cli {
namespace {

std::string with_long_name(std::string argument) {
    for (const auto& name : short_names()) {
        if (argument == name.as_given) {
            return std::string(name.as_parsed);
        }
    }
    return argument;
}

std::vector<std::string> arguments_of(int argc, char** argv) {
    std::vector<std::string> arguments;
    for (int i = 1; i < argc; ++i) {
        arguments.push_back(with_long_name(argv[i]));
    }
    return arguments;
}

/// A closed descriptor would be given to the next file that is opened, and take what is printed.
void keep_descriptors() {
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; ++file) {
        if (::fcntl(file, F_GETFD) < 0) {
            (void)::open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/// Without its last line's end, which is printed again.
std::string without_end(std::string_view text) {
    return std::string(text.substr(0, text.rfind('\n')));
}

/// In one line, whatever the text came with.
void complain(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    say("otherwise: " + text);
}

int run_command(int argc, char** argv) {
    CLI::App app("What would this language model have written otherwise?");
    app.name("otherwise");
    app.set_version_flag("--version",
                         fmt::format("otherwise {} (llama.cpp from llama-cpp-python {})",
                                     OTHERWISE_VERSION, OTHERWISE_LLAMA_VERSION),
                         "print the version");
    app.add_flag_callback(
        "--licenses", [] { throw CLI::CallForVersion(without_end(licenses()), 0); },
        "print what is compiled in, with its licences");
    app.require_subcommand(1);
    app.set_help_flag("-h,--help", "print this text");
    app.formatter(std::make_shared<HelpText>());
    app.footer(
        "Example:\n  otherwise run -p \"The Louvre is located in\" --world hot=temp:1.5\n\n"
        "`otherwise COMMAND --help` tells more of each.");
    Action action;
    add_run(app, action);
    add_law(app, action);
    add_report(app, action);
    add_serve(app, action);
    add_score(app, action);
    add_fit(app, action);
    add_export(app, action);
    add_shards(app, action);
    add_merge(app, action);
    add_compare(app, action);
    add_check(app, action);
    add_edit(app, action);
    add_inspect(app, action);
    add_quantize(app, action);
    add_bench(app, action);
    auto arguments = arguments_of(argc, argv);
    check_command(app, arguments);
    try {
        std::reverse(arguments.begin(), arguments.end());  // as the parser takes them
        app.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
        Output("-").write(app.help());
        return 0;
    } catch (const CLI::CallForVersion& version) {
        Output("-").write(std::string(version.what()) + "\n");
        return 0;
    } catch (const CLI::ParseError& error) {
        refuse_line(app, error);
    }
    return action();
}

/// With every failure but that of memory, in which a complaint cannot be put together.
int run_or_complain(int argc, char** argv) {
    try {
        return run_command(argc, argv);
    } catch (const Error& error) {
        complain(error.text(flag_text));
        return static_cast<int>(error.fault());
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::system_error& error) {  // no thread, a file that cannot be read
        complain("expected the system to go along, got '" + error.code().message() +
                 "'; make room, or run fewer programs at once");
    } catch (const std::exception& error) {
        complain(std::string("expected to go on, got '") + error.what() +
                 "'; this is a fault of the program: please report the command line");
    }
    return static_cast<int>(Fault::failed);
}

}  // namespace
}  // namespace otherwise::cli

int main(int argc, char** argv) {
    otherwise::cli::keep_descriptors();
    otherwise::cli::explain_crashes();
    (void)std::signal(SIGPIPE, SIG_IGN);  // a write then fails, and says so
    (void)std::signal(SIGXFSZ, SIG_IGN);
    otherwise::cli::leave_on_interrupt();
    try {
        (void)std::ios::sync_with_stdio(false);  // else std::cin has no buffer of its own
        return otherwise::cli::run_or_complain(argc, argv);
    } catch (const std::bad_alloc&) {
        otherwise::cli::explain_no_memory();
        // NOLINTNEXTLINE(bugprone-empty-catch): standard error takes no complaint
    } catch (const std::exception&) {
    }
    return static_cast<int>(otherwise::Fault::failed);
}
