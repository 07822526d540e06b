// What a run came to, as plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "otherwise/base/error.h"
#include "otherwise/generate/floors.h"
#include "otherwise/generate/writer_counts.h"
#include "otherwise/measure/run_totals.h"

namespace otherwise {

/// What this call took; all is 0 where nothing was evaluated.
struct RunEffort {
    long pairs = 0;
    double seconds = 0.0;              ///< writing strings
    BackendTime backend;               ///< of these, inside llama.cpp
    WriterCounts factual;              ///< rows of the factual world
    std::vector<WriterCounts> worlds;  ///< [worlds] of each alone
    long law_strings = 0;              ///< whose laws were read, into a run file
    double law_seconds = 0.0;
    double store_seconds = 0.0;  ///< in the run file
    bool repacked = true;        ///< the kernels that it took
    std::string cpu_variant;
    std::string cpu_features;
};

struct RunResult {
    std::string model;               ///< path of the factual world's
    bool smooth = false;             ///< no activation is rounded to 8 bits
    bool fast = false;               ///< no remedy against shapes was looked for
    std::vector<WorldProbe> probes;  ///< of batch invariance
    bool cancelled = false;
    long strings = 0;                  ///< done or left out, in earlier calls too
    long strings_before = 0;           ///< of these, in earlier calls
    std::vector<std::string> skipped;  ///< ids of observed strings that were left out: the factual
                                       ///< world cannot write them
    std::vector<WorldTotals> worlds;   ///< by Pair::world, fresh noise after each
    bool measured_all = true;  ///< else pairs of earlier calls were too many to be measured again

    std::optional<RunEffort> effort{};  ///< nothing for a run file that was only read

    std::vector<std::string> warnings;  ///< lines for people, settings marked (base/setting.h)
    /// Why the results mean nothing: a world that could not act, no string that can be written.
    struct Unsound {
        Fault fault = Fault::failed;
        Complaint complaint;
    };
    std::optional<Unsound> fault{};

    /// Throws Error where there is a fault.
    void require_sound() const;
};

/// Lines where the null world is not the factual one: effects below that floor mean nothing.
[[nodiscard]] std::vector<std::string> floor_warnings(const RunResult& result);

/// {"model", "strings", "pairs", …, "worlds": […], "batch_invariant"}, indented by two spaces.
[[nodiscard]] std::string to_json(const RunResult& result);

}  // namespace otherwise
