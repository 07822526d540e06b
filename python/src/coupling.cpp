// Room coupling: laws side by side, a row of each at a time.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/coupling/bounds.h"
#include "otherwise/coupling/gumbel.h"
#include "otherwise/coupling/prefix.h"
#include "otherwise/coupling/stay.h"
#include "python/src/module.h"
#include "python/src/rows.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

/// Two stacks of laws and what was observed under the first.
struct Pair {
    Rows p;
    Rows q;
    RowScratch<double> p_scratch;
    RowScratch<double> q_scratch;
    RowScratch<float> p_floats;
    RowScratch<float> q_floats;

    Pair(Numbers first, Numbers second, const char* p_name, const char* q_name)
        : p(std::move(first), p_name), q(std::move(second), q_name) {}

    [[nodiscard]] std::span<const double> p_row(std::size_t i) { return p.doubles(i, p_scratch); }
    [[nodiscard]] std::span<const double> q_row(std::size_t i) { return q.doubles(i, q_scratch); }

    /// function(row of p, row of q), of floats where both are.
    template <typename Function>
    [[nodiscard]] double of_rows(std::size_t i, const Function& function) {
        return p.single() && q.single() ? function(p.floats(i, p_floats), q.floats(i, q_floats))
                                        : function(p_row(i), q_row(i));
    }
};

Pair logits(Numbers p, Numbers q) { return {std::move(p), std::move(q), "log_p", "log_q"}; }

/// body(i) where the library's complaint about a row is said of the row's own place.
template <typename Body>
void for_pairs(Pair& pair, const TokenRow* tokens, const Body& body) {
    for_rows(pair.p.count(), [&](std::size_t i) {
        try {
            body(i);
        } catch (const Error&) {
            pair.p.require_law(i);
            pair.q.require_law(i);
            if (tokens != nullptr) {
                pair.p.require_possible(i, tokens->data()[i]);
            }
            throw;
        }
    });
}

void stay(Numbers p, Numbers q, const TokenRow& tokens, const Out& out) {
    Pair pair = logits(std::move(p), std::move(q));
    for_pairs(pair, &tokens, [&](std::size_t i) {
        const Token w = tokens.data()[i];
        out.data()[i] = pair.of_rows(
            i, [w](auto p_row, auto q_row) { return stay_of_logits(p_row, q_row, w); });
    });
}

void stay_of(Numbers p, Numbers q, const TokenRow& tokens, const Out& out) {
    Pair pair(std::move(p), std::move(q), "p", "q");
    for_rows(pair.p.count(), [&](std::size_t i) {
        const Token w = tokens.data()[i];
        try {
            out.data()[i] = pair.of_rows(
                i, [w](auto p_row, auto q_row) { return stay_of_probabilities(p_row, q_row, w); });
        } catch (const Error&) {
            pair.p.require_probabilities(i);
            pair.q.require_probabilities(i);
            pair.p.require_possible(i, w, true);
            throw;
        }
    });
}

void becomes(Numbers p, Numbers q, const TokenRow& tokens, const Out& out) {
    Pair pair = logits(std::move(p), std::move(q));
    GumbelCoupling coupling;
    std::vector<double> law;
    for_pairs(pair, &tokens, [&](std::size_t i) {
        coupling.assign(pair.p_row(i), pair.q_row(i));
        coupling.law(tokens.data()[i], law);
        std::ranges::copy(law, out.data() + i * pair.p.size());
    });
}

void agreement(Numbers p, Numbers q, const Out& out) {
    Pair pair = logits(std::move(p), std::move(q));
    GumbelCoupling coupling;
    for_pairs(pair, nullptr, [&](std::size_t i) {
        coupling.assign(pair.p_row(i), pair.q_row(i));
        out.data()[i] = coupling.agreement();
    });
}

/// log p_w and log q_w of row i.
std::pair<double, double> observed(Pair& pair, std::size_t i, Token w) {
    const auto at = [w](std::span<const double> row) {
        return row[static_cast<std::size_t>(w)] - log_sum_exp(row);
    };
    return {at(pair.p_row(i)), at(pair.q_row(i))};
}

/// [rows, 2]: the least and the greatest stay of all couplings.
void bounds(Numbers p, Numbers q, const TokenRow& tokens, const Out& out) {
    Pair pair = logits(std::move(p), std::move(q));
    for_pairs(pair, &tokens, [&](std::size_t i) {
        const Token w = tokens.data()[i];
        const auto [log_p, log_q] = observed(pair, i, w);
        if (std::isinf(log_p)) {
            pair.p.require_possible(i, w);
        }
        const Bounds found = stay_bounds(log_p, log_q);
        out.data()[2 * i] = found.low;
        out.data()[2 * i + 1] = found.high;
    });
}

/// exp(row − log Σ exp(row)), for all tokens.
void probabilities(std::span<const double> row, std::vector<double>& out) {
    const double norm = log_sum_exp(row);
    out.resize(row.size());
    std::ranges::transform(row, out.begin(), [norm](double l) { return std::exp(l - norm); });
}

/// [rows, n]: stays with min(1, q_w / p_w), else drawn anew from max(0, q − p).
void maximal_becomes(Numbers p, Numbers q, const TokenRow& tokens, const Out& out) {
    Pair pair = logits(std::move(p), std::move(q));
    std::vector<double> at_p;
    std::vector<double> at_q;
    for_pairs(pair, &tokens, [&](std::size_t i) {
        probabilities(pair.p_row(i), at_p);
        probabilities(pair.q_row(i), at_q);
        const auto w = static_cast<std::size_t>(tokens.data()[i]);
        const auto [log_p, log_q] = observed(pair, i, tokens.data()[i]);
        if (std::isinf(log_p)) {
            pair.p.require_possible(i, tokens.data()[i]);
        }
        const std::span<double> law(out.data() + i * at_p.size(), at_p.size());
        std::ranges::transform(at_q, at_p, law.begin(),
                               [](double b, double a) { return std::max(0.0, b - a); });
        const double above = std::accumulate(law.begin(), law.end(), 0.0);
        const double stays = std::exp(std::min(0.0, log_q - log_p));
        for (double& gain : law) {
            gain = stays < 1.0 ? (1.0 - stays) * (gain / above) : 0.0;
        }
        law[w] = stays;  // a token that may move gains nothing
    });
}

void prefix(Numbers stays, const Out& survival, const Out& expected, const Out& unchanged) {
    const Rows rows(std::move(stays), "stay");
    RowScratch<double> scratch;
    for_rows(rows.count(), [&](std::size_t i) {
        const PrefixLaw law = prefix_law(rows.doubles(i, scratch));
        std::ranges::copy(law.survival, survival.data() + i * rows.size());
        expected.data()[i] = law.expected_lcp;
        unchanged.data()[i] = law.unchanged;
    });
}

}  // namespace

void bind_coupling(nb::module_& module) {
    using namespace nb::literals;
    module.def("stay", &stay, "p"_a, "q"_a, "tokens"_a, "out"_a);
    module.def("stay_of_probabilities", &stay_of, "p"_a, "q"_a, "tokens"_a, "out"_a);
    module.def("becomes", &becomes, "p"_a, "q"_a, "tokens"_a, "out"_a);
    module.def("agreement", &agreement, "p"_a, "q"_a, "out"_a);
    module.def("bounds", &bounds, "p"_a, "q"_a, "tokens"_a, "out"_a);
    module.def("maximal_becomes", &maximal_becomes, "p"_a, "q"_a, "tokens"_a, "out"_a);
    module.def("prefix", &prefix, "stays"_a, "survival"_a, "expected"_a, "unchanged"_a);
}

}  // namespace otherwise::python
