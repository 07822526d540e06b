// From logits to the law of the next token: biases, then top-k, top-p, min-p, then temperature, in
// llama.cpp's order and meaning (truncation acts on the untempered logits).
//
//   bias    nats added to the logits of single tokens; −inf masks one
//   top-k   the k largest logits; ties at the border: the lower id stays; 0 is off
//   top-p   softmax of what is left, in descending order: the shortest prefix whose sum is ≥ p,
//           at least one token; ties in descending order: the lower id first; 1 is off
//   min-p   logits ≥ max + log(min_p); 0 is off
//   temperature   divides the logits left, in float; 0 keeps the largest only (ties: lower id)
//
// All three truncations keep a prefix of the tokens in descending order, so nothing is ever sorted:
// selection by halving finds the border. Masked tokens get logit −inf. Cost: O(n_vocab), two vector
// passes without truncation; see benchmarks/race_benchmark.cpp.
#pragma once

#include <span>
#include <vector>

#include "otherwise/base/law.h"
#include "otherwise/base/mechanism.h"

namespace otherwise {

/// A token and its logit, as the truncations pass them on.
struct Candidate {
    float logit = 0.0F;
    Token token = -1;
};

/// Rows and work space of one law. Reused from call to call; one per thread and live law.
struct LawScratch {
    std::vector<float> biased;   ///< [n_vocab]; unused without biases
    std::vector<float> logits;   ///< [n_vocab]; unused by the identity mechanism
    std::vector<float> weights;  ///< [n_vocab]
    std::vector<float> maxima;   ///< [ceil(n_vocab / 64)]
    std::vector<Candidate> kept;
};

/// The law of the next token. Its rows point into `scratch` and, when the mechanism changes nothing
/// (temperature 1, no truncation, no bias), into `raw_logits`; both must outlive it, and the next
/// call with the same scratch ends it. Biases name tokens of the vocabulary. raw_logits [n_vocab]
/// may hold −inf. log_norm is good to about 1e-7. Results are equal from call to call on one
/// machine, and may differ in the last bits between CPU features. Throws Error (failed) when a
/// logit is NaN or +inf, or none is finite.
[[nodiscard]] Law make_law(const Mechanism& mechanism, std::span<const float> raw_logits,
                           LawScratch& scratch);

}  // namespace otherwise
