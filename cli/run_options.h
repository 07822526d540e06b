// The command line of `otherwise run`, parsed.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/targets.h"
#include "otherwise/generate/session.h"
#include "otherwise/generate/strings.h"

namespace otherwise::cli {

struct RunArguments {
    ModelArguments model;
    std::vector<std::string> prompts;
    std::string file;
    std::vector<std::string> worlds;
    std::vector<std::string> loras;
    std::vector<std::string> scaled_loras;
    std::vector<std::string> vectors;
    std::vector<std::string> scaled_vectors;
    std::vector<int> vector_layers;
    TargetArguments targets;
    std::string jsonl;
    std::string vocabulary = "normal";
    std::size_t memory = 0;
    int parallel = 0;
    int limit = 0;
    int shown = -1;
    int tokens = 25;
    int samples = 1;
    std::uint64_t seed = 0;
    StringFields fields;
    int prompt_words = 0;
    int prompt_tokens = 0;
    bool dry_run = false;
    bool json = false;
    bool quiet = false;
    bool fast = false;
    bool force = false;  ///< take fitted files of another model, resume on another machine
    bool all_null = false;
    bool no_null = false;
    bool all_nudge = false;
    bool no_nudge = false;
    bool independent = false;
    bool stop_at_divergence = false;
    bool skip_impossible = false;
    // What only `run` takes.
    std::string study;  ///< a study file, whose values stand where no flag is given
    std::string save_study;
    std::string out;
    std::string resume;
    std::string shard;
    std::vector<std::string> moved;
    bool no_law = false;
    // What a study file has and the command line has not.
    std::vector<World> study_worlds;
    std::vector<InputString> strings;
};

void add_run_options(CLI::App& app, RunArguments& arguments);

/// Study files and run files.
void add_study_options(CLI::App& app, RunArguments& arguments);

/// The part of them that every command takes which reads strings in worlds: strings, worlds,
/// mechanism, model, work.
void add_shared_options(CLI::App& app, RunArguments& arguments);

/// What an ITEM is, for the foot of a help.
[[nodiscard]] std::string items_help();

/// Whether the lines of a world belong to the output: floors only if all of theirs were asked for.
[[nodiscard]] bool is_written(WorldRole role, const RunArguments& arguments);

/// Throws misuse where options contradict each other. Of these shared ones:
void check_shared_options(const RunArguments& arguments);
/// And all of `run`:
void check_run_options(const RunArguments& arguments);

/// The worlds of a study, then those of --world (one of the same name takes its place), and
/// `edited` from llama.cpp's own adapter flags.
[[nodiscard]] std::vector<World> worlds_of(const RunArguments& arguments);

/// The strings of -p, of -f, or of a study.
[[nodiscard]] std::vector<InputString> strings_of(const RunArguments& arguments);

/// Throws misuse where --jsonl would replace a file that the run reads; `more` are files that only
/// this command reads.
void check_output(const RunArguments& arguments, const std::vector<WorldPlan>& plans,
                  const std::vector<std::string>& more = {});

/// The model files of these worlds.
[[nodiscard]] std::vector<std::string> models_of(const std::vector<WorldPlan>& plans);

[[nodiscard]] SessionOptions session_options(const RunArguments& arguments);

}  // namespace otherwise::cli
