// How many strings at once: from the memory that may be used, and from what calls cost where that
// is known. Pure functions of sizes: no model is needed.
#pragma once

#include <cstddef>
#include <functional>

#include "otherwise/generate/call_costs.h"
#include "otherwise/model/context.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// What of a model the plan depends on.
struct ModelSizes {
    int n_vocab = 0;
    /// Bytes of a context with so many streams, cells of each and rows of one call.
    std::function<std::size_t(int streams, int stream_length, int max_rows)> context_bytes;
};

/// Of contexts with these options; borrows the model.
[[nodiscard]] ModelSizes sizes_of(const Model& model, const ContextOptions& options);

struct MemoryRequest {
    std::size_t budget = 0;  ///< bytes for contexts and stored laws together
    int worlds = 1;          ///< contexts, the factual one included
    int companions = 1;      ///< streams of a context that only fill up calls
    int stream_length = 256;
    long samples = 1;                  ///< samples in all: no more streams than that
    int wanted_parallel = 0;           ///< -np; 0 = choose
    int wanted_rows = 0;               ///< -ub; 0 = choose
    int least_rows = kUsualLeastRows;  ///< rows that a call has beside one of each stream, at least
    std::size_t law_bytes = 0;         ///< of the longest observed string; 0 when all are sampled
    int block = 0;      ///< rows of the longest block for the tiled kernel, which likes long calls
    CallCosts costs{};  ///< of this model on this machine; empty = not known
};

struct MemoryPlan {
    int parallel = 1;          ///< samples in flight in one world
    int max_rows = 512;        ///< rows of one call
    std::size_t contexts = 0;  ///< bytes of all contexts
    std::size_t laws = 0;      ///< bytes left for stored laws
};

/// Rows of one call at most: by the vocabulary, whose logits are held twice.
[[nodiscard]] int most_rows(int n_vocab);

/// Chooses streams and rows. Throws Error when not even one string at a time fits.
[[nodiscard]] MemoryPlan plan_memory(const ModelSizes& model, const MemoryRequest& request);

}  // namespace otherwise
