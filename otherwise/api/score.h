// The measures of pairs of texts, whoever wrote them: of files of records, of two logs of one
// evaluation, or of plain values.
//
//   ScoreSettings settings{.targets = {"(?i)koala"}};
//   Scores scores = score(std::vector<std::string>{"out.jsonl"}, settings);
//   Scores same = score(std::vector<ReadPair>{{.factual = {.text = "a"}, …}}, settings);
//
// Measures and intervals: measure/pair_measures.h. Of `work` the threads and the kernels count,
// with an embedder.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "otherwise/api/work.h"
#include "otherwise/measure/pairs.h"
#include "otherwise/measure/world_measures.h"

namespace otherwise {

struct ScoreSettings {
    PairFields fields{};                 ///< where things are in a record; "" the known names
    std::vector<std::string> worlds{};   ///< these only; empty: all
    std::vector<std::string> targets{};  ///< patterns whose hits are counted (pattern.h)
    std::vector<std::string> off_targets{};
    std::string embedder{};  ///< a GGUF embedding model, for cosines; "" without
    bool e5 = false;         ///< "query: " before each text, as E5 models want
    int gpu_layers = -1;     ///< the embedder's, as in ModelOptions
    bool no_repack = false;  ///< the plain kernels, for the embedder
    int words = 10;          ///< gained and lost, at most
    int limit = 0;           ///< strings of each file at most; 0: all
};

struct Scores {
    std::vector<WorldMeasures> worlds;  ///< as they came, each followed by its fresh pairs
    std::vector<std::string> notes;     ///< what should be known of the pairs, for people
    bool cancelled = false;             ///< then of the pairs until there
};

/// Pairs of files: JSON lines (as `run --jsonl` writes them), JSON, CSV, TSV. A pair that names no
/// world is of one that is called like its file. "-" is `input`. Throws Error: no such file,
/// records of another kind (with the line), a bad pattern, an embedder that is none, a world that
/// is asked for and not there.
[[nodiscard]] Scores score(const std::vector<std::string>& files, const ScoreSettings& settings,
                           const Work& work = {}, const std::function<bool()>& cancelled = {},
                           std::istream* input = nullptr);

/// The texts of one file with those of another, paired by id: two logs of lm-eval or Inspect. The
/// world is called like the second file. Throws Error besides: nothing in common, fields.prompt or
/// fields.texts_hold_prompt.
[[nodiscard]] Scores score_against(const std::string& factual, const std::string& counterfactual,
                                   const ScoreSettings& settings, const Work& work = {},
                                   const std::function<bool()>& cancelled = {});

/// Pairs as plain values. One without a string is a string of its own; one without a world is of
/// "counterfactual". Throws Error besides: no pair, texts that are not UTF-8, tokens on one side.
[[nodiscard]] Scores score(std::vector<ReadPair> pairs, const ScoreSettings& settings,
                           const Work& work = {}, const std::function<bool()>& cancelled = {});

/// {"worlds": [{"world", "independent", "pairs", "strings", …}]}, each with measures_json.
/// Indented, without a newline at the end.
[[nodiscard]] std::string to_json(const Scores& scores);

}  // namespace otherwise
