// bench_run of bench.h: many short strings, with one world and with the null world too.
#include <fmt/format.h>

#include <utility>

#include "otherwise/api/bench.h"
#include "otherwise/generate/session.h"
#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

constexpr int kDefaultPrompts = 200;

/// Seconds that llama.cpp alone takes for these rows, in the best shapes.
double seconds_alone(const NeededRows& needed, const Rates& rates) {
    return static_cast<double>(needed.prompt) / rates.prompt +
           static_cast<double>(needed.verified) / rates.forced +
           static_cast<double>(needed.written) / rates.decode;
}

/// One session, measured again and again.
class Engine {
public:
    Engine(Study study, const Work& work, FloorStrings null_strings, const Note& note)
        : samples_(study.samples), opened_(make(std::move(study), work, null_strings, note)) {
        (void)opened_.session().run({});  // makes the contexts and warms up
    }

    EngineResult measure() {
        EngineResult result;
        // [world + 1][string]: the samples, of the factual world once.
        std::vector<std::vector<std::vector<Strand>>> strands(
            opened_.session().world_names().size() + 1,
            std::vector<std::vector<Strand>>(opened_.session().subjects().size()));
        std::vector<bool> seen(opened_.session().subjects().size() *
                               static_cast<std::size_t>(samples_));
        const auto report = opened_.session().run(
            {.on_pair = [&](const Pair& pair) { keep(pair, seen, strands); }});
        for (std::size_t world = 0; world < strands.size(); ++world) {
            result.needed += needed(world, strands[world]);
        }
        result.seconds = report.seconds;
        result.pairs_per_second = static_cast<double>(seen.size()) / report.seconds;
        result.outside = 1.0 - report.backend.all / report.seconds;
        result.hooks = report.backend.hooks_share();
        result.rows = report.factual.rows;
        for (const auto& counts : report.worlds) {
            result.rows += counts.rows;
        }
        return result;
    }

    [[nodiscard]] Session& session() { return opened_.session(); }

    /// llama.cpp alone.
    [[nodiscard]] Rates rates() { return opened_.session().measure_rates(kRateShapes); }

private:
    static OpenedStudy make(Study study, const Work& work, FloorStrings null_strings,
                            const Note& note) {
        study.null_strings = null_strings;
        study.nudge_strings = FloorStrings::none;
        return open(study, work, note, {.all_costs = true, .run_file = {}});
    }

    void keep(const Pair& pair, std::vector<bool>& seen,
              std::vector<std::vector<std::vector<Strand>>>& strands) const {
        const auto string = static_cast<std::size_t>(pair.string);
        strands[static_cast<std::size_t>(pair.world) + 1][string].push_back(
            {.tokens = pair.counterfactual.tokens, .common = pair.independent ? 0 : pair.lcp});
        const auto index =
            string * static_cast<std::size_t>(samples_) + static_cast<std::size_t>(pair.sample);
        if (!seen[index]) {
            seen[index] = true;
            const auto& tokens = pair.factual->tokens;
            strands[0][string].push_back(
                {.tokens = tokens, .common = pair.observed ? static_cast<int>(tokens.size()) : 0});
        }
    }

    /// Rows that a world, 0 = the factual one, cannot do without. One with the factual network and
    /// prompts needs none before its strings part: the logits are there.
    [[nodiscard]] NeededRows needed(std::size_t world,
                                    const std::vector<std::vector<Strand>>& strands) {
        const Scene scene = opened_.session().scene();
        const bool borrows = world > 0 && opened_.session().shares_network(world - 1);
        const auto& prompts = (world == 0 ? scene.factual : scene.worlds[world - 1]).prompts;
        NeededRows rows;
        std::vector<const Tokens*> read;
        for (std::size_t i = 0; i < strands.size(); ++i) {
            if (!strands[i].empty()) {
                rows += needed_written_rows(strands[i]);
                read.push_back(prompts[i].get());
            }
        }
        rows.verified = borrows ? 0 : rows.verified;
        rows.prompt = borrows ? 0 : needed_prompt_rows(read, scene.factual.evaluator->shape());
        return rows;
    }

    int samples_;
    OpenedStudy opened_;
};

EngineResult median_of(const std::vector<EngineResult>& results) {
    const auto middle = [&](auto member) {
        std::vector<double> values;
        values.reserve(results.size());
        for (const auto& result : results) {
            values.push_back(static_cast<double>(result.*member));
        }
        return median(values);
    };
    EngineResult result = results.front();
    result.pairs_per_second = middle(&EngineResult::pairs_per_second);
    result.outside = middle(&EngineResult::outside);
    result.hooks = middle(&EngineResult::hooks);
    result.efficiency = middle(&EngineResult::efficiency);
    result.seconds = middle(&EngineResult::seconds);
    return result;
}

/// Medians by shape, over the rounds, and the best of these.
Rates median_rates(const std::vector<Rates>& rounds) {
    Rates rates;
    for (std::size_t i = 0; i < rounds.front().shapes.size(); ++i) {
        std::vector<double> values;
        values.reserve(rounds.size());
        for (const auto& round : rounds) {
            values.push_back(round.shapes[i].rate);
        }
        rates.add({.shape = rounds.front().shapes[i].shape, .rate = median(values)});
    }
    return rates;
}

}  // namespace

RunBench bench_run(const Study& given, const Work& work, int rounds, const Note& note,
                   std::istream* input) {
    const Study study = bench_study(given, work, kDefaultPrompts, input);
    Engine plain(study, work, FloorStrings::none, note);
    Engine with_null(study, work, FloorStrings::all, note);
    std::vector<Rates> alone;
    std::vector<EngineResult> plain_results;
    std::vector<EngineResult> null_results;
    Rates before = plain.rates();
    for (int round = 0; round < rounds; ++round) {
        // Each run of the engine lies between two measurements of llama.cpp alone.
        for (auto* engine : {&plain, &with_null}) {
            auto result = engine->measure();
            const Rates after = plain.rates();
            alone.push_back(mean(before, after));
            before = after;
            result.efficiency = seconds_alone(result.needed, alone.back()) / result.seconds;
            (engine == &plain ? plain_results : null_results).push_back(result);
        }
        if (note) {
            note(fmt::format("round {}: {:.2f} pairs/s, {:.2f} with the null world", round + 1,
                             plain_results.back().pairs_per_second,
                             null_results.back().pairs_per_second));
        }
    }
    const Estimate& estimate = plain.session().estimate();
    RunBench bench{.strings = study.strings.size(),
                   .tokens = study.tokens,
                   .rounds = rounds,
                   .worlds = {},
                   .rates = median_rates(alone),
                   .streams = estimate.memory.parallel,
                   .rows_of_a_call = estimate.memory.max_rows,
                   .shape_reason = estimate.shape_reason,
                   .plain = median_of(plain_results),
                   .with_null = median_of(null_results)};
    for (const auto& world : study.worlds) {
        bench.worlds.push_back(describe(world));
    }
    return bench;
}

}  // namespace otherwise
