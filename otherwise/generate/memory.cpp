#include "otherwise/generate/memory.h"

#include <algorithm>
#include <string>

#include "otherwise/base/error.h"
#include "otherwise/base/megabytes.h"

namespace otherwise {
namespace {

constexpr int kMostParallel = 64;  // more streams are little faster; how little has to be measured
constexpr int kMostStreams = 248;  // llama.cpp's limit is 256, some are companions
constexpr int kMostRows = 512;
constexpr int kLeastRows = 128;
constexpr std::size_t kOutputBytes = std::size_t{256} << 20;  // logits of one call, held twice

std::size_t contexts_bytes(const ModelSizes& model, const MemoryRequest& request, int parallel,
                           int max_rows) {
    return model.context_bytes(parallel + request.companions, request.stream_length, max_rows) *
           static_cast<std::size_t>(request.worlds);
}

/// The most streams that fit with the laws of as many strings, of those that can be of use.
int fitting_streams(const ModelSizes& model, const MemoryRequest& request, int max_rows) {
    auto streams = static_cast<int>(std::min<long>(request.samples, kMostStreams));
    while (streams > 1 && contexts_bytes(model, request, streams, max_rows) +
                                  static_cast<std::size_t>(streams) * request.law_bytes >
                              request.budget) {
        --streams;
    }
    return streams;
}

/// Streams where nobody asked for a number: by what calls cost, else so many that the turns are of
/// equal size and none of them nearly empty.
int own_choice(const ModelSizes& model, const MemoryRequest& request, int max_rows) {
    const int most = fitting_streams(model, request, max_rows);
    if (const int chosen = choose_streams(request.costs, request.samples, most); chosen > 0) {
        return chosen;
    }
    const long streams = std::clamp<long>(request.samples, 1, kMostParallel);
    const long turns = (request.samples + streams - 1) / streams;
    return static_cast<int>((request.samples + turns - 1) / std::max(1L, turns));
}

}  // namespace

int most_rows(int n_vocab) {
    const auto row = 2 * sizeof(float) * static_cast<std::size_t>(n_vocab);
    return std::clamp(static_cast<int>(kOutputBytes / row), kLeastRows, kMostRows);
}

MemoryPlan plan_memory(const ModelSizes& model, const MemoryRequest& request) {
    MemoryPlan plan;
    const int most = most_rows(model.n_vocab);
    const int chosen = choose_rows(request.costs, most);
    int block = std::min(request.block, most);
    plan.parallel = request.wanted_parallel > 0
                        ? static_cast<int>(std::min<long>(request.wanted_parallel, request.samples))
                        : own_choice(model, request, chosen);
    plan.parallel = std::clamp(plan.parallel, 1, kMostStreams);
    while (true) {
        const int plain = std::min(chosen, std::max(kLeastRows, plan.parallel * kPlainRows));
        plan.max_rows = std::max(plain, block);
        plan.contexts = contexts_bytes(model, request, plan.parallel, plan.max_rows);
        if (plan.contexts + request.law_bytes <= request.budget) {
            break;
        }
        if (block > plain) {  // streams are worth more than long calls
            block = 0;
            continue;
        }
        if (plan.parallel == 1) {
            fail({.where = "plan_memory",
                  .expected = setting("memory") + " of at least " +
                              needed_megabytes(plan.contexts + request.law_bytes) +
                              " for one string at a time",
                  .came = given_megabytes(request.budget),
                  .advice = "raise " + setting("memory") + ", or shorten the strings"});
        }
        plan.parallel = std::max(1, plan.parallel * 3 / 4);
    }
    plan.laws = request.budget - plan.contexts;
    plan.max_rows = request.wanted_rows > 0 ? request.wanted_rows : plan.max_rows;
    // llama.cpp aborts where it has more streams than rows
    plan.max_rows =
        std::max(plan.max_rows, plan.parallel + std::max(request.least_rows, request.companions));
    return plan;
}

}  // namespace otherwise
