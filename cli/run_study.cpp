#include "cli/run_study.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "cli/help.h"
#include "otherwise/base/error.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/study/new_run.h"
#include "otherwise/study/run_reader.h"

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

/// The first line of the file that holds the text; 0 where none does.
int line_of(const std::string& path, const std::string& text) {
    std::ifstream file(path);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        if (!text.empty() && line.find(text) != std::string::npos) {
            return number;
        }
    }
    return 0;
}

/// The stored study, with its strings as they are and its files where they are now.
Study stored_study(const RunArguments& arguments) {
    const RunReader reader(arguments.resume);
    const auto& head = reader.head();
    Study study =
        with_files(parse_study(head.study, arguments.resume), [&](const std::string& name) {
            return found_name(moved_name(name, arguments.moved), arguments.resume);
        });
    with_strings(study, head);
    if (!head.knows_nudges) {  // of a version that had none
        study.nudge_strings = FloorStrings::none;
    }
    return study;
}

}  // namespace

void with_strings(Study& study, const RunHead& head) {
    study.prompts.clear();
    study.file.clear();
    study.fields = {};
    study.limit = study.prompt_words = study.prompt_tokens = 0;
    study.strings = input_strings(head);
}

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
        take(stored_study(arguments), command, arguments);
    }
}

void require_study_files(const RunArguments& arguments) {
    if (arguments.study_file.empty()) {
        return;
    }
    const Study& study = arguments.study;
    const auto check = [&](const std::string& file, const std::string& advice) {
        std::error_code ignored;
        const int line = line_of(arguments.study_file, file);
        if (!file.empty() && line > 0 && !std::filesystem::exists(file, ignored)) {
            fail({.where = "require_study_files",
                  .expected = "the files of the study",
                  .came = "no such file, '" + file + "' in line " + std::to_string(line) + " of '" +
                          arguments.study_file + "'",
                  .advice = advice});
        }
    };
    check(study.model, "point to it by -m FILE, or edit the line");
    check(study.file, "point to it by -f FILE, or edit the line");
    (void)with_files(study, [&](const std::string& file) {
        check(file, "edit the line; names count from the working directory");
        return file;
    });
}

void save_study(const RunArguments& arguments) {
    if (arguments.save_study.empty()) {
        return;
    }
    if (arguments.study.file == "-") {
        misuse({.where = "save_study",
                .expected = "--save-study with a file of strings",
                .came = "standard input, which is gone the next time"});
    }
    AtomicFile file(arguments.save_study);
    std::ofstream out(file.path(), std::ios::binary);
    out << to_toml(arguments.study);
    out.close();
    if (!out) {
        fail({.where = "save_study",
              .expected = "to write '" + arguments.save_study + "'",
              .came = "a full disk"});
    }
    file.commit();
}

}  // namespace otherwise::cli
