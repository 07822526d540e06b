// The Gumbel coupling of two laws: what the other world writes, given what the factual one wrote.
//
//   D(r) = Σ_k max(p_k, r q_k)        ρ_k = p_k / q_k   (∞ where q_k = 0 < p_k)
//
//   stay       P(w | w) = 1 / D(ρ_w)                               0 where q_w = 0
//   move       P(v | w) = q_v ∫ dr / D(r)²   over ρ_v < r < ρ_w    0 where that is empty
//   agreement  Σ_w p_w P(w | w) = Σ_k p_k / D(ρ_k)                 over p_k q_k > 0
//
// D is piecewise linear with breaks at the ρ_k: on a piece (a, b) the integral is
// (b − a) / (D(a) D(b)), and 1 / (B D(a)) for b = ∞, B = Σ q_k over finite ρ_k. A token that is
// impossible in both worlds drops out. Tokens beyond the shorter vocabulary are impossible there.
//
// Inputs are logits in double precision, any constant may be added; −inf is impossible; laws are
// normalised here. Nothing is ever NaN. Source: DESIGN of this project; docs/mathematics.md.
#pragma once

#include <hwy/base.h>

#include <cstdint>
#include <span>
#include <vector>

#include "otherwise/base/law.h"
#include "otherwise/base/token.h"

namespace otherwise {

/// log p + constant, [n_vocab] in double precision, of a law; `out` is reused. Greedy laws are
/// point masses.
void double_logits(const Law& law, std::vector<double>& out);

/// Two laws, sorted once, asked many times. Assigning again reuses the memory; the same laws give
/// the same bits, whatever was assigned before. O(V log V).
class GumbelCoupling {
public:
    GumbelCoupling() = default;

    /// Throws Error when a law has no possible token or holds NaN or +inf.
    void assign(std::span<const double> factual, std::span<const double> world);

    /// P(world = w | factual = w). O(1). Throws Error when w is impossible in the factual law.
    [[nodiscard]] double stay(Token w) const;

    /// law[v] = P(world = v | factual = w), all v; sums to 1. O(V). Throws as stay does.
    void law(Token w, std::vector<double>& law) const;

    /// P(world = factual), neither observed. 1 if and only if the laws are equal. O(V).
    [[nodiscard]] double agreement() const;

    /// Both laws, normalised. 0 for tokens outside their vocabulary.
    [[nodiscard]] double p(Token k) const;
    [[nodiscard]] double q(Token k) const;
    /// Tokens of the longer vocabulary.
    [[nodiscard]] std::size_t size() const { return rank_.size(); }

private:
    struct Entry {
        double ratio;  // ρ
        double p;
        double q;
        double d;  // D(ρ); unused where ρ is ∞
        Token token;
    };

    void collect(std::span<const double> factual, std::span<const double> world);
    void sort();
    void make_keys();
    bool arrange();
    void sweep();
    [[nodiscard]] const Entry& observed(Token w) const;

    std::vector<Entry> entries_;  // ascending in ρ, then in the token
    std::vector<Entry> unsorted_;
    std::vector<std::int32_t> rank_;    // [size] index into entries_, −1 where it dropped out
    std::size_t finite_ = 0;            // entries with finite ρ
    double finite_q_ = 0.0;             // Σ q over them
    std::vector<hwy::uint128_t> keys_;  // ρ, then index into unsorted_
};

}  // namespace otherwise
