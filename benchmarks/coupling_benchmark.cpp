// Laws side by side in double precision, a row of 50,000 tokens at a time: the loop that
// benchmarks/arrays.py compares the Python package with.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "otherwise/coupling/gumbel.h"
#include "otherwise/coupling/stay.h"
#include "otherwise/noise/field.h"

namespace otherwise {
namespace {

constexpr std::size_t kVocabulary = 50000;
constexpr std::size_t kRows = 64;  // beyond the caches, as a user's arrays are

/// [kRows][kVocabulary] logits, spread as clocks' logarithms are, times 2.
std::vector<double> some_logits(std::uint64_t seed) {
    std::vector<double> logits(kRows * kVocabulary);
    for (std::size_t row = 0; row < kRows; ++row) {
        const std::span<double> out(logits.data() + row * kVocabulary, kVocabulary);
        clock_row(Clocks({.seed = seed, .position = static_cast<std::uint32_t>(row)}), out);
    }
    for (double& logit : logits) {
        logit = -2.0 * std::log(logit);
    }
    return logits;
}

struct Stacks {
    std::vector<double> p = some_logits(1);
    std::vector<double> q = some_logits(2);
    [[nodiscard]] std::span<const double> p_row(std::size_t i) const { return row(p, i); }
    [[nodiscard]] std::span<const double> q_row(std::size_t i) const { return row(q, i); }
    static std::span<const double> row(const std::vector<double>& all, std::size_t i) {
        return std::span(all).subspan(i % kRows * kVocabulary, kVocabulary);
    }
};

void run_stay(benchmark::State& state) {
    const Stacks stacks;
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(stay_of_logits(stacks.p_row(i), stacks.q_row(i), 5));
        ++i;
    }
}
BENCHMARK(run_stay)->Unit(benchmark::kMicrosecond);

/// The same with p spread out: number k of row i at `along` * k + `across` * i, which a loop
/// copies.
void run_stay_apart(benchmark::State& state, std::size_t along, std::size_t across) {
    const Stacks stacks;
    std::vector<double> spread(2 * kRows * kVocabulary);
    for (std::size_t i = 0; i < kRows; ++i) {
        for (std::size_t k = 0; k < kVocabulary; ++k) {
            spread[along * k + across * i] = stacks.p_row(i)[k];
        }
    }
    std::vector<double> row(kVocabulary);
    std::size_t i = 0;
    for (auto _ : state) {
        const double* from = spread.data() + across * (i % kRows);
        for (std::size_t k = 0; k < kVocabulary; ++k) {
            row[k] = from[along * k];
        }
        benchmark::DoNotOptimize(stay_of_logits(row, stacks.q_row(i), 5));
        ++i;
    }
}
void run_stay_every_other(benchmark::State& state) { run_stay_apart(state, 2, 2 * kVocabulary); }
void run_stay_side_by_side(benchmark::State& state) { run_stay_apart(state, kRows, 1); }
BENCHMARK(run_stay_every_other)->Unit(benchmark::kMicrosecond);
BENCHMARK(run_stay_side_by_side)->Unit(benchmark::kMicrosecond);

void run_becomes(benchmark::State& state) {
    const Stacks stacks;
    GumbelCoupling coupling;
    std::vector<double> law;
    std::size_t i = 0;
    for (auto _ : state) {
        coupling.assign(stacks.p_row(i), stacks.q_row(i));
        coupling.law(5, law);
        benchmark::DoNotOptimize(law.data());
        ++i;
    }
}
BENCHMARK(run_becomes)->Unit(benchmark::kMicrosecond);

void run_clocks(benchmark::State& state) {
    std::vector<double> out(kVocabulary);
    std::uint32_t position = 0;
    for (auto _ : state) {
        clock_row(Clocks({.seed = 1, .position = position++}), out);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(run_clocks)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace otherwise
