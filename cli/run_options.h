// The command line of `otherwise run`, parsed.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace otherwise::cli {

/// What a line says of worlds, until study_of puts it into the study.
struct WorldArguments {
    std::vector<std::string> worlds;  ///< --world
    std::vector<std::string> loras;   ///< of the world `edited`, as llama.cpp takes them
    std::vector<std::string> scaled_loras;
    std::vector<std::string> vectors;
    std::vector<std::string> scaled_vectors;
    std::vector<int> vector_layers;
    std::vector<std::string> factual;  ///< --factual
    std::string smooth;                ///< --smooth: a type of weights, "" without
};

/// The options of a study and its work go straight into these, and so over what a study file says.
struct RunArguments {
    Study study;
    Work work;
    WorldArguments given;
    // What is shown.
    std::string jsonl;
    int shown = -1;
    bool dry_run = false;
    bool json = false;
    bool quiet = false;
    // What only `run` takes: where studies and results are kept.
    std::string study_file;  ///< whose values stand where no flag is given
    std::string save_study;
    std::string out;
    std::string resume;
    std::string shard;
    std::vector<std::string> moved;
};

void add_run_options(CLI::App& app, RunArguments& arguments);

/// Study files and run files.
void add_study_options(CLI::App& app, RunArguments& arguments);

/// The part of them that every command takes which reads strings in worlds: strings, worlds,
/// mechanism, model, work.
void add_shared_options(CLI::App& app, RunArguments& arguments);

/// Throws misuse where options contradict each other. Of these shared ones:
void check_shared_options(const RunArguments& arguments);
/// And all of `run`:
void check_run_options(const RunArguments& arguments);

/// The study with its worlds: those of --world after those of a study file (one of the same name
/// takes its place), `edited` from llama.cpp's own adapter flags, and the factual items.
[[nodiscard]] Study study_of(const RunArguments& arguments);
[[nodiscard]] std::vector<World> worlds_of(const RunArguments& arguments);

/// The strings of -p, of -f, or of a study.
[[nodiscard]] std::vector<InputString> strings_of(const RunArguments& arguments);

/// The plan of the factual world.
[[nodiscard]] WorldPlan factual_plan(const RunArguments& arguments);

/// Throws misuse where --jsonl would replace a file that the run reads; `more` are files that only
/// this command reads.
void check_output(const RunArguments& arguments, const std::vector<WorldPlan>& plans,
                  const std::vector<std::string>& more = {});

/// The model files of these worlds.
[[nodiscard]] std::vector<std::string> models_of(const std::vector<WorldPlan>& plans);

/// Starts the kernels, too.
[[nodiscard]] SessionOptions session_options(const RunArguments& arguments);

}  // namespace otherwise::cli
