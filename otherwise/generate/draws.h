// Factual strings without their counterfactuals: sampled under the noise, or as they were observed.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "otherwise/generate/run.h"

namespace otherwise {

/// One factual string of a subject.
struct Draw {
    int string = 0;  ///< index of the subject
    int sample = 0;
    bool observed = false;
    std::shared_ptr<const Written> written;
};

/// The factual strings of subjects [first, last), in order of string and sample: for sampled ones
/// the very strings that `run` writes with the same seed, for observed ones one draw each, or with
/// `repeat` one a sample. Uses seed, samples, first_sample, tokens, parallel and threads of the
/// options. Empty when cancelled. Throws Error when the backend fails.
[[nodiscard]] std::vector<Draw> draw_strings(const std::vector<Subject>& subjects, int first,
                                             int last, const RunWorld& factual,
                                             const RunOptions& options, bool repeat,
                                             const std::function<bool()>& cancelled = {});

}  // namespace otherwise
