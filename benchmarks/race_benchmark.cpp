// Time of one race: at V = 49,152, without and with hindsight, on laws as sharp as a language
// model's and on a flat one. Weights and log_norm are made outside the loop.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "otherwise/mechanism/mechanism.h"
#include "otherwise/noise/race.h"

namespace otherwise {
namespace {

constexpr std::size_t kVocabulary = 49152;

/// Logits spread like a normal with this deviation in nats, in no order.
std::vector<float> some_logits(double deviation, std::uint64_t seed) {
    const Clocks clocks(Place{.seed = seed});
    std::vector<float> logits(kVocabulary);
    for (std::size_t k = 0; k < logits.size(); ++k) {
        const auto token = static_cast<Token>(k);
        const double radius = std::sqrt(2.0 * clocks.clock(token));
        const double angle =
            2.0 * 3.14159265358979 *
            std::ldexp(static_cast<double>(clocks.bits(token + static_cast<Token>(kVocabulary))),
                       -64);
        logits[k] = static_cast<float>(deviation * radius * std::cos(angle));
    }
    return logits;
}

void run_race(benchmark::State& state) {
    const auto deviation = static_cast<double>(state.range(0));
    const auto factual_logits = some_logits(deviation, 1);
    std::vector<float> world_logits = factual_logits;
    const auto change = some_logits(0.3, 2);
    for (std::size_t k = 0; k < world_logits.size(); ++k) {
        world_logits[k] += change[k];
    }
    LawScratch factual_scratch;
    LawScratch world_scratch;
    const Mechanism mechanism{.top_k = static_cast<int>(state.range(2))};
    const Law world = make_law(mechanism, world_logits, world_scratch);
    Hindsight hindsight{.factual = make_law(Mechanism{}, factual_logits, factual_scratch)};
    std::uint32_t position = 0;
    for (auto _ : state) {
        const Clocks clocks(Place{.seed = 3, .position = position++});
        hindsight.observed = static_cast<Token>(position % kVocabulary);
        benchmark::DoNotOptimize(race(world, clocks, state.range(1) != 0 ? &hindsight : nullptr));
    }
}
BENCHMARK(run_race)
    ->ArgNames({"deviation", "hindsight", "top_k"})
    ->Args({3, 0, 0})
    ->Args({3, 1, 0})
    ->Args({0, 0, 0})
    ->Args({0, 1, 0})
    ->Args({6, 1, 0})
    ->Args({3, 0, 1})
    ->Args({3, 1, 40})
    ->Unit(benchmark::kMicrosecond);

/// The law by a mechanism: identity, temperature, and truncations.
void run_make_law(benchmark::State& state) {
    const auto logits = some_logits(static_cast<double>(state.range(0)), 1);
    const Mechanism mechanism{.temperature = static_cast<float>(state.range(1)) / 100.0F,
                              .top_k = static_cast<int>(state.range(2)),
                              .top_p = static_cast<float>(state.range(3)) / 100.0F,
                              .min_p = static_cast<float>(state.range(4)) / 100.0F};
    LawScratch scratch;
    for (auto _ : state) {
        benchmark::DoNotOptimize(make_law(mechanism, logits, scratch));
    }
}
BENCHMARK(run_make_law)
    ->ArgNames({"deviation", "t", "k", "p", "m"})
    ->Args({3, 100, 0, 100, 0})
    ->Args({3, 70, 0, 100, 0})
    ->Args({3, 100, 40, 100, 0})
    ->Args({3, 100, 0, 95, 0})
    ->Args({0, 100, 0, 95, 0})
    ->Args({1, 100, 0, 95, 0})
    ->Args({3, 100, 0, 100, 5})
    ->Args({3, 80, 40, 95, 5})
    ->Args({3, 0, 0, 100, 0})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace otherwise
