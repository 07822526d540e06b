// otherwise shards: a study as jobs of a cluster.
#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "otherwise/api/shards.h"
#include "otherwise/base/error.h"
#include "otherwise/study/saved_study.h"

namespace otherwise::cli {
namespace {

constexpr int kMostShards = 100'000;

struct ShardArguments {
    std::string study;
    ShardSettings settings;
    bool slurm = false;
    bool shell = false;
    bool quiet = false;
};

/// -o, or the study's name with "-shards".
std::string folder_of(const ShardArguments& arguments) {
    return arguments.settings.folder.empty()
               ? std::filesystem::path(arguments.study).stem().string() + "-shards"
               : arguments.settings.folder;
}

int shards(const ShardArguments& arguments) {
    if (arguments.slurm == arguments.shell) {
        misuse({.where = "shards",
                .expected = "--slurm or --shell",
                .came = arguments.slurm ? "both" : "neither"});
    }
    const Study study = read_study(arguments.study);
    require_files(study, arguments.study);
    ShardSettings settings = arguments.settings;
    settings.folder = folder_of(arguments);
    settings.scheduler = arguments.slurm ? ShardScheduler::slurm : ShardScheduler::none;
    settings.command = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto made = write_shards(study, settings, {.cache_folder = cache_folder()});
    if (!arguments.quiet) {
        fmt::print(stderr, "{}: {} jobs for {} strings; start them by\n", made.script,
                   settings.shards, made.strings);
    }
    Output("-").write(made.start + "\n");
    if (!arguments.quiet) {
        fmt::print(stderr, "and read what is there by `otherwise report {}`\n", settings.folder);
    }
    return 0;
}

}  // namespace

void add_shards(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("shards",
                                       "a study as jobs of a cluster: a script, and their folder\n"
                                       "Usage: otherwise shards STUDY -n N --slurm|--shell [-o "
                                       "FOLDER]");
    const auto a = std::make_shared<ShardArguments>();
    command->add_option("STUDY", a->study, "a study file, study.toml")->required();
    whole(command->add_option("-n,--shards", a->settings.shards, "shards, a job each"), 1,
          kMostShards)
        ->required();
    command->add_flag("--slurm", a->slurm, "a script for sbatch, a job array");
    command->add_flag("--shell", a->shell,
                      "a script that takes the shard's number, or writes all in turn");
    command
        ->add_option("-o,--output", a->settings.folder,
                     "folder of the shards, shared by all nodes [STUDY-shards]")
        ->type_name("FOLDER");
    command->add_flag("-q,--quiet", a->quiet, "print the line that starts the jobs only");
    command->footer(
        "Examples:\n  otherwise shards study.toml -n 64 --slurm -o runs\n"
        "  sbatch --time=4:00:00 --cpus-per-task=8 runs/shards.sh\n"
        "  otherwise report runs");
    command->callback([a, &action] { action = [a] { return shards(*a); }; });
}

}  // namespace otherwise::cli
