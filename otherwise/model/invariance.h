// What makes a world's logits the same in every shape of a call: the remedies, in the order of what
// they cost.
//
//   rows    every call has at least so many rows: 2 for most weights; 8 for some mixes of
//           quantizations, from where the CPU's matrix kernels are the same for all rows
//   order   weights stay in the file's order: llama.cpp's faster kernels for repacked weights
//           depend on the batch (0 to 50 % slower)
//   shape   all calls have one shape, filled up with rows that are forgotten: what a GPU needs, and
//           attention without its flash kernel on a processor
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/model/evaluator.h"
#include "otherwise/model/fixed_calls.h"
#include "otherwise/model/probe.h"

namespace otherwise {

class Model;          // model.h
struct ModelOptions;  // model.h

struct Remedy {
    bool repack = true;
    int least_rows = kUsualLeastRows;
    FixedCalls fixed{};

    bool operator==(const Remedy&) const = default;
};

/// What can be tried.
struct RemedyTerms {
    bool may_repack = true;
    bool on_gpu = false;   ///< layers are on a GPU, where rows and order never help
    bool can_trim = true;  ///< else padding cannot be forgotten
    /// Flash attention is used. Without it one row of a stream and several are summed in different
    /// orders, which on quantized models a probe may miss: their rounding hides most of it.
    bool flash_attention = true;
};

/// The cheapest first. Larger shapes come first, since they are faster on a GPU.
[[nodiscard]] std::vector<Remedy> remedies(const RemedyTerms& terms);

/// The first remedy under which all is invariant, as `holds` finds; the first of all where none
/// helps.
[[nodiscard]] Remedy find_remedy(const RemedyTerms& terms,
                                 const std::function<bool(const Remedy&)>& holds);

/// The last probe of a model, and the remedy under which it was made.
struct Invariance {
    Probe probe;
    Remedy remedy;
};

/// What people are told of a network ("the model") for which no remedy helps, and `advice`: what to
/// make of its results. "" of one that is invariant.
[[nodiscard]] std::string invariance_warning(const std::string& network, const Probe& probe,
                                             const std::string& advice);

/// A model loaded for its remedy.
struct InvariantModel {
    std::shared_ptr<const Model> model;
    Invariance invariance;
};

/// Whether the reader of a model can cut its calls into one shape.
enum class OneShape { possible, not_used };

/// Probes of a model that were made before, under a remedy, and where new ones go.
struct KnownInvariance {
    std::function<std::optional<Probe>(const Model&, const Remedy&)> find;
    std::function<void(const Model&, const Remedy&, const Probe&)> keep;
};

/// Loads a model and finds its remedy: the probe of probe_model, where `known` does not have it.
[[nodiscard]] InvariantModel load_invariant(const std::filesystem::path& path, ModelOptions options,
                                            int threads, const KnownInvariance& known = {},
                                            OneShape one_shape = OneShape::possible);

/// Probes a model without adapters or hooks, with an f16 cache of 512 cells. Loads it once, or
/// twice where it must not be repacked. Throws Error like Model::load and Context.
[[nodiscard]] Invariance probe_model(const std::filesystem::path& path, ModelOptions options,
                                     int threads);

}  // namespace otherwise
