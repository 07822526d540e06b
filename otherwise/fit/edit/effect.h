// Whether an edit does what its search promised, and what it does to everything else.
//
//   KL = mean over the tokens of some texts of Σ_v p(v) log(p(v) / q(v)), nats a token
// p the law before the edit, q after it; the texts are the model's own, apart from those of the
// covariance and the prefixes, and about nothing that the facts are about.
//
// An edit misses where its new answers are far less likely than in the search for their target
// values (what was sought is not what the weights do: a key that stands for other things, a layer
// that cannot act), where they stay unlikely, or where the KL is above what a model bears.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace otherwise {

class Model;           // model/model.h
struct CheckOptions;   // continuations.h
struct EditScene;      // knowledge_edit.h
struct Fact;           // facts.h
struct KnowledgeEdit;  // knowledge_edit.h
struct LowRankEdit;    // low_rank.h

/// |ΔW| of a layer (Frobenius), and that of the weight it is added to.
struct ChangeNorm {
    int layer = 0;
    double change = 0.0;
    double weight = 0.0;
};

/// P(new answer) of one fact.
struct FactEffect {
    std::string id{};
    double sought = 0.0;  ///< mean over the bare prompt and the prefixed ones, in the search
    double all = 0.0;     ///< the same mean, after the edit
    double bare = 0.0;    ///< on the bare prompt, after the edit
    /// What the edit reached, for better or worse: the less likely of the two.
    [[nodiscard]] double reached() const { return all < bare ? all : bare; }
};

struct EditEffect {
    std::vector<FactEffect> facts;
    std::vector<ChangeNorm> norms;
    double kl = 0.0;  ///< nats a token
};

/// What an edit may do; see docs/edit.md for how these were measured.
struct EffectLimits {
    double share = 0.5;  ///< of the probability that was sought
    double least = 0.1;  ///< probability
    double few = 0.1;    ///< share of the facts that may reach less
    double kl = 0.1;     ///< nats a token
};

/// Of `edit`, at work through `check`'s adapters or hooks. Texts come from `seed`. Nothing when it
/// was cancelled.
[[nodiscard]] std::optional<EditEffect> edit_effect(const EditScene& scene,
                                                    const std::vector<Fact>& facts,
                                                    const KnowledgeEdit& edit, std::uint64_t seed,
                                                    const CheckOptions& check);

/// Mean KL of the laws before and after on texts of the model's own. Nothing when it was cancelled.
[[nodiscard]] std::optional<double> effect_on_texts(const std::shared_ptr<const Model>& model,
                                                    std::uint64_t seed, const CheckOptions& check);

/// Each limit that is missed, "expected …, got …", the facts by their ids; none for a good edit.
[[nodiscard]] std::vector<std::string> edit_misses(const EditEffect& effect,
                                                   const EffectLimits& limits = {});

/// |Σ_r write_r read_rᵀ|, Frobenius.
[[nodiscard]] double change_norm(const LowRankEdit& edit);

/// Bytes that edit_effect takes, from above.
[[nodiscard]] std::size_t effect_bytes(const Model& model);

}  // namespace otherwise
