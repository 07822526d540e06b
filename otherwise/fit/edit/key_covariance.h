// The second moment of the keys that a down projection reads, C = E[k kᵀ], over text: what tells an
// edit which directions are in use (ROME, 2202.05262, eq. 2; MEMIT, 2210.07229, eq. 14).
//
// Keys are streamed: of the model's own samples while it writes them, or of a corpus. Sums are in
// double; the result is kept as floats, rounded once, in a file of the cache that names model,
// layer and text by their hashes and the remedy under which they are read, so that on one machine a
// cached C gives the same edit as a fresh one. Cost: one
// pass over the text and n_ff² / 2 additions a token and layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "otherwise/fit/edit/settings.h"
#include "otherwise/fit/tail/architecture.h"
#include "otherwise/model/evaluator.h"
#include "otherwise/model/model.h"

namespace otherwise {

struct KeyCovariance {
    int layer = 0;
    int width = 0;             ///< n_ff
    long keys = 0;             ///< how many were summed
    std::vector<float> lower;  ///< [width * (width + 1) / 2] the lower triangle, row by row
};

struct CovarianceOptions {
    std::vector<int> layers;
    CovarianceText text;
    std::filesystem::path cache{};  ///< folder; empty = no cache
    int threads = 1;
    int least_rows = kUsualLeastRows;  ///< of every call: the model's remedy
    std::function<void(long done, long total)> on_progress{};  ///< tokens
    std::function<bool()> cancelled{};
};

/// Tokens that a covariance takes by itself, and the least that a corpus must have.
[[nodiscard]] long covariance_tokens(const Architecture& architecture);
[[nodiscard]] long least_covariance_tokens(const Architecture& architecture);

/// Throws Error when the corpus is no file or has too few tokens (says how many are needed).
/// Nothing is evaluated.
void check_corpus(const Model& model, const Architecture& architecture, const CovarianceText& text);

/// One for each layer, from the cache or gathered and put there. Empty when it was cancelled; a
/// cache file is whole or absent, and one that is damaged is made again.
[[nodiscard]] std::vector<KeyCovariance> key_covariances(const std::shared_ptr<const Model>& model,
                                                         const Architecture& architecture,
                                                         const CovarianceOptions& options);

/// Bytes of so many layers' covariances, as they are kept.
[[nodiscard]] std::size_t packed_covariance_bytes(const Architecture& architecture, int layers);

/// Bytes that gathering so many layers takes beside the model's caches, from above.
[[nodiscard]] std::size_t covariance_bytes(const Architecture& architecture, int layers);

/// The widest key that is solved for directly.
inline constexpr int kWidestDirect = 6144;

/// Bytes that a KeySolver takes for keys of this width.
[[nodiscard]] std::size_t solver_bytes(const Architecture& architecture);

/// C⁻¹ x, with `damping` times the mean of C's diagonal added to it. Cholesky up to a width of
/// `widest_direct` (n³ / 3 multiplications), conjugate gradients above.
class KeySolver {
public:
    KeySolver(const KeyCovariance& covariance, double damping, int widest_direct = kWidestDirect);
    ~KeySolver();
    KeySolver(const KeySolver&) = delete;
    KeySolver& operator=(const KeySolver&) = delete;
    /// Throws Error when C is not positive or the gradients do not converge.
    [[nodiscard]] std::vector<double> solve(std::span<const double> x) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace otherwise
