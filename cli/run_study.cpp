#include "cli/run_study.h"

#include <filesystem>
#include <utility>

#include "cli/help.h"
#include "otherwise/api/run_file.h"
#include "otherwise/base/error.h"

namespace otherwise::cli {
namespace {

/// The study in place of the arguments' own, and then once more what the line gave.
void take(Study study, CLI::App& command, RunArguments& a) {
    const auto given = [&](const char* name) { return command.get_option(name)->count() > 0; };
    if (given("--prompt") || given("--file")) {
        study.prompts.clear();
        study.file.clear();
        study.strings.clear();
        study.fields = {};
    }
    const int sources = (study.prompts.empty() ? 0 : 1) + (study.file.empty() ? 0 : 1) +
                        (study.strings.empty() ? 0 : 1);
    if (sources > 1) {
        misuse({.where = "take_study",
                .expected = "one of prompt, file and [[strings]] in a study",
                .came = "several"});
    }
    a.study = std::move(study);
    for (auto* option : command.get_options()) {
        if (option->count() > 0) {
            option->run_callback();
        }
    }
}

}  // namespace

void take_study(RunArguments& arguments, CLI::App& command) {
    if (!arguments.out.empty() && std::filesystem::exists(arguments.out)) {
        misuse({.where = "take_study",
                .expected = "-o with a new file",
                .came = "'" + arguments.out + "', which is there already",
                .advice = "go on with it by --resume, or choose another name"});
    }
    if (!arguments.study_file.empty()) {
        std::error_code ignored;
        if (!std::filesystem::exists(arguments.study_file, ignored) &&
            !arguments.study_file.ends_with(".toml")) {
            refuse_lone_scale(command, arguments.study_file);
            misuse({.where = "take_study",
                    .expected = "an option of `otherwise run` or a study file",
                    .came = "'" + arguments.study_file + "'",
                    .advice = "a text with spaces needs quotes; see `otherwise run --help`"});
        }
        take(read_study(arguments.study_file), command, arguments);
    } else if (!arguments.resume.empty()) {
        take(stored_study(arguments.resume, arguments.moved), command, arguments);
    }
}

}  // namespace otherwise::cli
