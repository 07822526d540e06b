// How fast a study goes, beside what llama.cpp alone needs for the same rows on the same machine.
//
// llama.cpp's own rates are measured in turns with ours, so that a busy machine slows both; values
// are medians over the rounds. Rates are rows a second, of both kinds of worlds together.
#pragma once

#include <array>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "otherwise/api/open.h"
#include "otherwise/generate/needed_rows.h"
#include "otherwise/generate/rates.h"

namespace otherwise {

/// A world with a network of its own that needs no file: the states after the middle block, each
/// value times 1.2 or 0.8. It changes as much as temperature 1.2 does.
[[nodiscard]] std::string bench_world(const std::filesystem::path& model);

/// The study with strings, built-in openings where it has none: `count` or its limit. And with
/// bench_world, where it has no world. `input` is what its file "-" stands for.
[[nodiscard]] Study bench_study(Study study, const Work& work, int count,
                                std::istream* input = nullptr);

/// One way to run, measured again and again.
struct EngineResult {
    double pairs_per_second = 0.0;
    double outside = 0.0;     ///< share of the wall time outside llama.cpp
    double hooks = 0.0;       ///< seconds in hooks over the model's own
    double efficiency = 0.0;  ///< seconds of llama.cpp alone for the needed rows, over ours
    double seconds = 0.0;
    long rows = 0;  ///< evaluated
    NeededRows needed;
};

/// A run of a study, without floors and with the null world on every string.
struct RunBench {
    std::size_t strings = 0;
    int tokens = 0;
    int rounds = 0;
    std::vector<std::string> worlds;  ///< described
    Rates rates;                      ///< of llama.cpp alone
    int streams = 0;
    int rows_of_a_call = 0;
    std::string shape_reason;  ///< why so many, for people
    EngineResult plain;
    EngineResult with_null;
};
/// Studies of 200 strings (bench_study). `note` has a line a round. Throws Error like open().
[[nodiscard]] RunBench bench_run(const Study& given, const Work& work, int rounds,
                                 const Note& note = {}, std::istream* input = nullptr);

/// The laws of what the factual world writes.
struct LawBench {
    std::size_t strings = 0;
    std::size_t worlds = 0;  ///< the factual one among them
    long tokens = 0;
    int rounds = 0;
    long rows = 0;  ///< needed
    double seconds = 0.0;
    double times_llama = 0.0;  ///< seconds over those of llama.cpp alone, turn by turn
    double llama_rate = 0.0;   ///< of the same rows, alone
    double best_rate = 0.0;    ///< of the factual model in the best shape, all logits
    double outside = 0.0;
    BackendTime backend;  ///< of the last round
};
/// Studies of 500 strings.
[[nodiscard]] LawBench bench_law(const Study& given, const Work& work, int rounds,
                                 const Note& note = {}, std::istream* input = nullptr);

/// One kind of long texts.
struct LongRow {
    const char* name;
    const char* key;
    CallKind work;
    double rate = 0.0;   ///< needed rows over the wall time
    long needed = 0;     ///< a shared head once in each world
    double keeps = 0.0;  ///< llama.cpp's best of the shapes that keep the bits
    double any = 0.0;    ///< and of all
};
/// Prompts of 1,200 tokens, apart and under one head of 1,000, and a corpus.
struct LongBench {
    int rounds = 0;
    std::vector<std::string> worlds;
    std::vector<TextRate> rates;  ///< of llama.cpp alone
    std::array<LongRow, 3> rows;
};
/// With texts of its own. Throws misuse for a study with strings.
[[nodiscard]] LongBench bench_long(const Study& given, const Work& work, int rounds,
                                   const Note& note = {});

/// JSON, indented, without a newline at the end.
[[nodiscard]] std::string to_json(const RunBench& bench);
[[nodiscard]] std::string to_json(const LawBench& bench);
[[nodiscard]] std::string to_json(const LongBench& bench);

/// The middle value, of an even number the upper middle.
[[nodiscard]] double median(std::vector<double> values);

/// `words` of the built-in openings one after another, from the opening number `first` on.
[[nodiscard]] std::string bench_text(int first, int words);

}  // namespace otherwise
