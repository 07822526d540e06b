// The end of a model as a graph with a gradient: from the states after block L to a loss of the
// logits, differentiated with respect to vectors that are added at one row of each prompt.
//
//   x = state + delta_f at row `at`      then blocks L+1 … N-1, the last norm, the head
//   loss = Σ_f [ mean over its targets of -log p(token | prompt) + kl_weight * mean KL(p₀ ‖ p) ]
//
// The states come from llama.cpp; the blocks are rebuilt from the same weights. Prompts are packed
// into one graph under a causal mask of their own each (exact). A prompt belongs to one fact f and
// takes part in its loss by target tokens, by a row whose law should stay p₀ (the law at delta =
// 0), or by neither. Where a model norms what its feed-forward gives (post_norms) the vector is
// added before that norm, as the weights are edited there; the state is then the feed-forward's
// output and `base` what it is added to.
//
// Memory: see tail/memory.h. A step costs about
// three times a forward pass. Gradients come from ggml's CPU backend and do not depend on the
// number of threads. Without a gradient the operations are llama.cpp's own; with one, GELU is exact
// where llama.cpp's is a table (gemma3, gpt2: logits differ by up to 2e-3 of their spread). With
// quantized weights the loss is a staircase (llama.cpp rounds activations too), and the gradient
// that of the smooth function behind it. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "otherwise/fit/tail/architecture.h"
#include "otherwise/fit/tail/loss.h"
#include "otherwise/fit/tail/packing.h"
#include "otherwise/fit/tail/weights.h"

namespace otherwise {

struct TailOptions {
    int layer = 0;  ///< L, of the states
    int threads = 1;
    float kl_weight = 0.0625F;
    bool gradient = true;
    bool small_copies = false;  ///< Q8_0 copies of the weights for the backward pass, else F16
};

class TailGraph {
public:
    /// Throws Error: not enough memory, weights of a type that can not be computed with.
    TailGraph(const Architecture& architecture, std::shared_ptr<Weights> weights,
              const std::vector<TailPrompt>& prompts, const TailOptions& options);
    ~TailGraph();
    TailGraph(const TailGraph&) = delete;
    TailGraph& operator=(const TailGraph&) = delete;

    [[nodiscard]] int facts() const;
    /// Evaluates at these vectors, [facts * width], and their gradient of the loss where the
    /// options ask for one.
    void run(std::span<const float> deltas);
    [[nodiscard]] TailLoss loss(int fact) const;
    /// [facts * width]
    [[nodiscard]] std::vector<float> gradient() const;
    /// Logits of a fact's rows in the order of its prompts: targets, [rows * n_vocab].
    [[nodiscard]] std::vector<float> logits(int fact) const;

    [[nodiscard]] std::size_t bytes() const;  ///< of activations

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace otherwise
