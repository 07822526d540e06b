// otherwise export: the results of a run file as text.
#include <fmt/core.h>

#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "otherwise/api/run_files.h"
#include "otherwise/base/error.h"

namespace otherwise::cli {
namespace {

struct ExportArguments {
    std::string run;
    std::string out = "-";
    bool jsonl = false;
    bool csv = false;
    bool law = false;
    bool force = false;
};

ExportForm form_of(const ExportArguments& arguments) {
    if (int{arguments.jsonl} + int{arguments.csv} + int{arguments.law} > 1) {
        misuse({.where = "export_run",
                .expected = "one of --jsonl, --csv and --law",
                .came = "several"});
    }
    if (arguments.csv) {
        return ExportForm::csv;
    }
    return arguments.law ? ExportForm::laws : ExportForm::jsonl;
}

ExportedRun export_to(const ExportArguments& arguments, ExportForm form) {
    if (arguments.out != "-") {
        return export_run(arguments.run, form, std::filesystem::path(arguments.out),
                          arguments.force);
    }
    Output out("-");
    const auto write = [&](const std::string& lines) {
        out.require();
        out.write(lines);
    };
    return export_run(arguments.run, form, write, arguments.force);
}

int export_file(const ExportArguments& arguments) {
    const auto [progress, missing] = export_to(arguments, form_of(arguments));
    if (!progress.finished()) {
        say(fmt::format("otherwise: the run is not finished: {} of {} strings are done{}",
                        progress.done, progress.strings, missing));
    }
    return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("export", "write the results of a run file as text");
    const auto a = std::make_shared<ExportArguments>();
    command->add_option("RUN", a->run, "the run file, or a folder of shards")->required();
    command->add_flag("--jsonl", a->jsonl,
                      "a JSON line for each counterfactual string, those of `run --jsonl` "
                      "[without another form]");
    command->add_flag("--csv", a->csv, "a table with a line for each of them");
    command->add_flag("--law", a->law,
                      "a JSON line for each string and world, those of `law --jsonl`");
    command->add_option("-o,--output", a->out, "where to write; - is standard output")
        ->type_name("FILE")
        ->capture_default_str();
    add_force_option(*command, a->force);
    command->footer(
        "Examples:\n  otherwise export run.db --jsonl -o out.jsonl\n"
        "  otherwise export run.db --csv > out.csv");
    command->callback([a, &action] { action = [a] { return export_file(*a); }; });
}

}  // namespace otherwise::cli
