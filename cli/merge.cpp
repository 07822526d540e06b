// otherwise merge: the shards of a run in one file.
#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "cli/command.h"
#include "cli/output.h"
#include "otherwise/api/run_files.h"

namespace otherwise::cli {
namespace {

struct MergeArguments {
    std::vector<std::string> runs;
    std::string out;
    bool force = false;
    bool quiet = false;
};

int merge(const MergeArguments& arguments) {
    const std::vector<std::filesystem::path> inputs(arguments.runs.begin(), arguments.runs.end());
    const auto report = merge_runs(inputs, arguments.out, arguments.force);
    if (arguments.quiet) {
        return 0;
    }
    say(fmt::format("{} of {} strings", report.done, report.strings));
    if (report.repeated > 0) {
        say(fmt::format("{} strings were in several files, taken from the first", report.repeated));
    }
    if (report.done < report.strings) {
        say(fmt::format("the others can be written by `otherwise run --resume {}`", arguments.out));
    }
    return 0;
}

}  // namespace

void add_merge(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("merge", "put the shards of a run together");
    const auto a = std::make_shared<MergeArguments>();
    command->add_option("RUN", a->runs, "run files of one study, as --shard makes them")
        ->required();
    command->add_option("-o,--output", a->out, "the run file to write, a new one")
        ->type_name("FILE")
        ->required();
    command->add_flag("--force", a->force, "also of another processor, llama.cpp or type of cache");
    command->add_flag("-q,--quiet", a->quiet, "say nothing");
    command->footer("Example:\n  otherwise merge a.db b.db -o all.db");
    command->callback([a, &action] { action = [a] { return merge(*a); }; });
}

}  // namespace otherwise::cli
