// What a run file says before its first result: the study, what it was run with, its worlds and
// strings.
//
// Two texts decide what belongs together. `settings` holds, a line each, all that determines the
// results, with the hashes of files in place of their paths: runs that differ there are different
// studies. `machine` holds what should not matter and can: the processor's features, llama.cpp, the
// types of the caches; there `force` overrules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/generate/record.h"
#include "otherwise/generate/strings.h"
#include "otherwise/measure/run_totals.h"
#include "otherwise/model/fixed_calls.h"
#include "otherwise/model/probe.h"
#include "otherwise/study/shard.h"

namespace otherwise {

struct StoredFile {
    std::string path;
    std::string sha256;
    std::int64_t bytes = 0;
    bool operator==(const StoredFile&) const = default;
};

struct StoredWorld {
    std::string name;
    std::string items;        ///< "steer:sad.gguf:1.5,temp:0.7"; "" of the null world
    std::string description;  ///< for people
    WorldRole role = WorldRole::change;
    std::string nudge;   ///< the name of the one beside it; "" none
    bool acted = false;  ///< some logits, prompt or forced token was not the factual one
};

/// Whether the logits of a world are the same in every batch shape.
struct StoredProbe {
    std::string world;
    Probe probe;
};

enum class StringState { waiting = 0, done = 1, skipped = 2 };

struct StoredString {
    Subject subject;
    int prompt_length = 0;  ///< tokens of the factual prompt
    bool in_null = false;   ///< the null world runs on it
    bool in_nudge = false;  ///< the nudges run on it
    StringState state = StringState::waiting;
};

/// The program and processor of a run.
struct Machine {
    std::string version;   ///< of otherwise
    std::string llama;     ///< of llama.cpp
    std::string backend;   ///< devices that evaluate
    std::string features;  ///< of the processor, as llama.cpp uses them
    int threads = 1;
    int parallel = 1;
};

struct RunHead {
    std::string study;     ///< TOML
    std::string settings;  ///< what must be the same, a line each
    std::string machine;   ///< what should be the same, a line each
    std::string created;   ///< UTC, set when the file is made
    std::string model;     ///< path of the factual world's
    std::string model_name;
    std::string model_sha256;
    std::string quantization;
    bool smooth = false;  ///< no activation is rounded to 8 bits
    std::string factual;  ///< the factual world for people
    std::uint64_t seed = 0;
    int samples = 1;
    int tokens = 0;
    bool chat = false;
    std::string chat_template;  ///< SHA-256 of the factual world's; "" without chat, or not said
    std::string chat_date;      ///< the day that it shows, where it shows one
    bool independent = false;
    bool all_null = false;      ///< the null world's lines belong to the results
    bool all_nudge = false;     ///< and the nudges'
    bool knows_nudges = false;  ///< else of a version that had none
    bool laws = true;           ///< stay probabilities are computed
    Tokens masked;              ///< impossible in all worlds, as some model lacks them
    std::vector<std::string> targets;
    std::vector<std::string> off_targets;
    Shard shard;
    std::vector<StoredFile> files;
    std::vector<StoredWorld> worlds;  ///< by Pair::world; the floors last, if there are any
    std::vector<StoredProbe> probes;
    bool repacked = true;      ///< the remedy that the probes found: weights repacked or not,
    int least_rows = 0;        ///< and rows of every call; 0 where no file says it
    FixedCalls fixed{};        ///< the one shape of all calls, where that was the remedy
    bool tiled = false;        ///< long prompts go through the tiled kernel (model/blocks.h),
    bool tiled_texts = false;  ///< and long observed texts
    std::vector<StoredString> strings;

    /// Pairs that the string has when it is done.
    [[nodiscard]] int pairs_of(std::size_t string) const;

    /// The nudge beside a world, an index of `worlds`; nothing where it has none.
    [[nodiscard]] std::optional<std::size_t> nudge_of(std::size_t world) const;

    /// The worlds, for totals of their pairs.
    [[nodiscard]] std::vector<WorldLabel> labels() const;
};

}  // namespace otherwise
