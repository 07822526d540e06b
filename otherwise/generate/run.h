// A run: factual strings first, then every counterfactual world on the same strings and noise.
//
// Strings stream through: sampled ones are written in the factual world, observed ones read for
// their laws; then each world writes them again. Worlds take turns whenever they have enough work
// to fill their streams, so that no call waits for the slowest string. Pairs come out in the order
// of the strings, then samples, then worlds, whatever the order in which they were finished.
//
// A world that shares the factual evaluator is written along with the factual strings (bundle.h):
// it evaluates nothing but what comes after its divergence.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/generate/bundle.h"
#include "otherwise/generate/record.h"
#include "otherwise/generate/run_callbacks.h"
#include "otherwise/generate/strings.h"
#include "otherwise/generate/writer.h"
#include "otherwise/model/evaluator.h"

namespace otherwise {

/// One world of a run. The evaluator must have min_rows − 1 streams more than RunOptions::parallel.
struct RunWorld {
    std::string name;
    Evaluator* evaluator = nullptr;
    Rules rules;
    /// The prompt of each subject in this world; the factual pointer where it is the same.
    std::vector<std::shared_ptr<const Tokens>> prompts;
    WorldRole role = WorldRole::change;
    std::vector<bool> strings{};  ///< on which it runs; empty = all
    bool expect_same = false;     ///< likely to change nothing: draft far
    /// Its network and all its prompts are the factual ones, and its evaluator is the factual one.
    bool shares = false;

    [[nodiscard]] bool runs_on(int string) const {
        const auto i = static_cast<std::size_t>(string);
        return strings.empty() || (i < strings.size() && strings[i]);
    }
};

struct RunOptions {
    std::uint64_t seed = 0;
    int samples = 1;
    int first_sample = 0;  ///< their numbers begin here: another draw of the noise
    int tokens = 25;       ///< to write at most; an observed string's own length goes before
    int parallel = 1;      ///< samples in flight in one world
    int threads = 1;
    std::size_t memory = 0;  ///< bytes for the laws of observed strings; 0 = no bound
    bool stop_at_divergence = false;
    bool independent = false;      ///< also write each world under fresh noise
    bool skip_impossible = false;  ///< leave out observed strings that the mechanism forbids
    bool tiled_texts = false;      ///< long observed texts go through the tiled kernel (blocks.h)
    /// A token's text, for errors; its number is enough without.
    std::function<std::string(Token)> token_text{};
    /// [subjects][samples] Factual strings that an earlier run of the same factual world wrote
    /// (RunCallbacks::on_factual); a subject without any is written. Then no world may share the
    /// factual evaluator.
    std::vector<std::vector<std::shared_ptr<const FactualString>>> known{};
};

/// What a run or a law is made of. The subjects must outlive it.
struct Scene {
    const std::vector<Subject>& subjects;
    RunWorld factual;
    std::vector<RunWorld> worlds;
    RunOptions options;
};

/// What a world did to the strings that are done, for warnings and errors.
struct WorldEffect {
    bool logits_differ = false;  ///< some first row of logits is not the factual world's
    bool prompt_differs = false;
    bool forced = false;  ///< some forced token is not the factual one
    int longest = 0;      ///< tokens of the longest string written there
};

struct RunOutcome {
    int strings = 0;  ///< done, in order
    bool cancelled = false;
    long pairs = 0;     ///< let out, in order
    long finished = 0;  ///< finished, in any order
    double seconds = 0.0;
    BackendTime backend;               ///< of these, inside llama.cpp
    WriterCounts factual;              ///< rows of the factual world
    std::vector<WriterCounts> worlds;  ///< rows of each world alone
    std::vector<WorldEffect> effects;  ///< of each world
    std::vector<std::string> skipped;  ///< ids of impossible observed strings
};

/// Throws Error: the factual mechanism cannot have written this token of an observed string.
[[noreturn]] void refuse_impossible(const RunOptions& options, const std::string& id, Token token,
                                    int position);

/// Runs all worlds on all subjects. Throws Error: an observed token that the mechanism forbids
/// (string, position and token), a failing backend. A string whose laws alone exceed the memory is
/// let through by itself.
[[nodiscard]] RunOutcome run_worlds(const std::vector<Subject>& subjects, const RunWorld& factual,
                                    const std::vector<RunWorld>& worlds, const RunOptions& options,
                                    const RunCallbacks& callbacks);

}  // namespace otherwise
