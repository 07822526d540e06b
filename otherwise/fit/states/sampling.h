// Texts that a model writes by itself, and what its nodes hold while it writes.
//
// Every text starts with a common word and is sampled at temperature 1 without ends; the draw of
// text i depends on the seed, i and the law alone, so not on threads. 64 texts at a time, one token
// of each in a call; where fewer are wanted, so many that calls have the rows of the model's remedy
// (model/invariance.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/model/context.h"
#include "otherwise/model/model.h"

namespace otherwise {

struct SamplingOptions {
    int texts = 64;
    int length = 64;  ///< tokens of each, its start included; at least 3
    std::uint64_t seed = 0;
    int threads = 1;
    int least_rows = kUsualLeastRows;  ///< of every call: the model's remedy
    std::vector<Hook> hooks{};         ///< see every row that is evaluated
    std::function<void(long done, long total)> on_progress{};  ///< tokens
    std::function<bool()> cancelled{};
};

/// The texts' tokens; fewer than asked when it was cancelled. The last token of a text is not
/// evaluated.
[[nodiscard]] std::vector<Tokens> sample_texts(const std::shared_ptr<const Model>& model,
                                               const SamplingOptions& options);

/// Bytes of the caches that sample_texts holds, from above.
[[nodiscard]] std::size_t sampling_bytes(const Model& model, int length);

}  // namespace otherwise
