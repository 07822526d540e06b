// How a study is worked through: everything that determines speed and memory, and no result.
//
// A run file keeps none of it; beside its results it says with how many threads and streams they
// were made. The kernels (`cpu_variant`) are the exception to "no result": they decide the last
// bits of logits, so a run file names the processor features in use and goes on only under the
// same, unless `force` says otherwise.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace otherwise {

class ModelCache;  // world/opened.h

struct Work {
    int threads = 0;             ///< 0 = all processors
    int parallel = 0;            ///< strings at once; 0 = from the memory
    int max_rows = 0;            ///< rows of one call at most; 0 = from the vocabulary
    std::size_t memory = 0;      ///< bytes for caches and stored laws; 0 = half of what is free
    std::string cpu_variant{};   ///< llama.cpp's kernels; "" = the best that run here
    bool force = false;          ///< take fitted files of another model, go on on another machine
    std::string cache_folder{};  ///< of the default model, costs of calls and probes; "" = nowhere
    std::shared_ptr<ModelCache> models{};  ///< where models stay loaded for the next study
};

}  // namespace otherwise
