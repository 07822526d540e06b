// otherwise bench: many short strings, with one world and with the null world too.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/bench.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "otherwise/api/kernels_json.h"
#include "otherwise/generate/needed_rows.h"

namespace otherwise::cli {
namespace {

constexpr int kDefaultPrompts = 200;

/// Seconds that llama.cpp alone takes for these rows, in the best shapes.
double seconds_alone(const NeededRows& needed, const Rates& rates) {
    return static_cast<double>(needed.prompt) / rates.prompt +
           static_cast<double>(needed.verified) / rates.forced +
           static_cast<double>(needed.written) / rates.decode;
}

/// What one run of the engine came to, and what llama.cpp alone would have needed for it.
struct EngineResult {
    double pairs_per_second = 0.0;
    double outside = 0.0;  // share of wall time
    double hooks = 0.0;    // over the model's own time
    double efficiency = 0.0;
    double seconds = 0.0;
    long rows = 0;
    NeededRows needed;
};

/// One session, measured again and again.
class Engine {
public:
    Engine(const BenchArguments& arguments, const std::vector<InputString>& strings,
           FloorStrings null_strings)
        : session_(make(arguments, strings, null_strings)) {
        (void)session_->run({});  // makes the contexts and warms up
    }

    EngineResult measure() {
        EngineResult result;
        // [world + 1][string]: the samples, of the factual world once.
        std::vector<std::vector<std::vector<Strand>>> strands(
            session_->world_names().size() + 1,
            std::vector<std::vector<Strand>>(session_->subjects().size()));
        std::vector<bool> seen(session_->subjects().size() * static_cast<std::size_t>(samples_));
        const auto report =
            session_->run({.on_pair = [&](const Pair& pair) { keep(pair, seen, strands); }});
        for (std::size_t world = 0; world < strands.size(); ++world) {
            result.needed += needed(world, strands[world]);
        }
        result.seconds = report.seconds;
        result.pairs_per_second = static_cast<double>(seen.size()) / report.seconds;
        result.outside = 1.0 - report.backend.all / report.seconds;
        result.hooks = hooks_share(report.backend);
        result.rows = report.factual.rows;
        for (const auto& counts : report.worlds) {
            result.rows += counts.rows;
        }
        return result;
    }

    [[nodiscard]] const Session& session() const { return *session_; }

    /// llama.cpp alone.
    [[nodiscard]] Rates rates() { return session_->measure_rates(kRateShapes); }

private:
    std::unique_ptr<Session> make(const BenchArguments& arguments,
                                  const std::vector<InputString>& strings,
                                  FloorStrings null_strings) {
        samples_ = arguments.run.study.samples;
        auto options = session_options(arguments.run);
        options.null_strings = null_strings;
        options.nudge_strings = FloorStrings::none;
        options.all_costs = true;
        return std::make_unique<Session>(
            factual_plan(arguments.run), bench_plans(arguments), strings, options,
            [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
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
        const Scene scene = session_->scene();
        const bool borrows = world > 0 && session_->shares_network(world - 1);
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

    int samples_ = 1;
    std::unique_ptr<Session> session_;
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

std::string result_line(const char* name, const EngineResult& r) {
    return fmt::format(
        "{:<20} {:>7.2f} {:>11.3f} {:>10.1f} % {:>5.1f} %   {} rows, {} of them needed\n", name,
        r.pairs_per_second, r.efficiency, 100.0 * r.outside, 100.0 * r.hooks, r.rows,
        r.needed.rows());
}

nlohmann::ordered_json result_json(const EngineResult& r) {
    return {{"pairs_per_second", r.pairs_per_second},
            {"efficiency", r.efficiency},
            {"outside_llama", r.outside},
            {"hooks_over_model", r.hooks},
            {"seconds", r.seconds},
            {"rows", r.rows},
            {"rows_needed", r.needed.rows()},
            {"prompt_rows_needed", r.needed.prompt},
            {"verified_rows_needed", r.needed.verified},
            {"written_rows_needed", r.needed.written}};
}

std::string report_text(const BenchArguments& arguments, std::size_t strings,
                        const Session& session, const Rates& rates, const EngineResult& plain,
                        const EngineResult& with_null) {
    const auto& estimate = session.estimate();
    std::string text = fmt::format(
        "llama.cpp alone, rows a second by streams x rows of a call, medians of {}\n{}"
        "best: {:.0f} prompts, {:.0f} teacher-forced with all logits, {:.0f} decoded\n\n",
        arguments.rounds, rates_text(rates), rates.prompt, rates.forced, rates.decode);
    text += bench_worlds_text(arguments.run);
    text += fmt::format("{} strings at once ({}), at most {} rows a call\n\n",
                        estimate.memory.parallel, estimate.shape_reason, estimate.memory.max_rows);
    text += fmt::format("{:<20} {:>7} {:>11} {:>12} {:>6}\n",
                        fmt::format("{} x {} tokens", strings, arguments.run.study.tokens),
                        "pairs/s", "efficiency", "outside llama", "hooks");
    text += result_line("one world", plain) + result_line("and the null world", with_null);
    return text +
           "\nefficiency: the time llama.cpp alone needs for the rows that are needed, in the best "
           "of the shapes above, over the wall time\n";
}

}  // namespace

int bench_run(const BenchArguments& arguments) {
    const auto strings = bench_strings(arguments.run, kDefaultPrompts);
    Engine plain(arguments, strings, FloorStrings::none);
    Engine with_null(arguments, strings, FloorStrings::all);
    std::vector<Rates> rounds;
    std::vector<EngineResult> plain_results;
    std::vector<EngineResult> null_results;
    Rates before = plain.rates();
    for (int round = 0; round < arguments.rounds; ++round) {
        // Each run of the engine lies between two measurements of llama.cpp alone.
        for (auto* engine : {&plain, &with_null}) {
            auto result = engine->measure();
            const Rates after = plain.rates();
            rounds.push_back(mean(before, after));
            before = after;
            result.efficiency = seconds_alone(result.needed, rounds.back()) / result.seconds;
            (engine == &plain ? plain_results : null_results).push_back(result);
        }
        fmt::print(stderr, "round {}: {:.2f} pairs/s, {:.2f} with the null world\n", round + 1,
                   plain_results.back().pairs_per_second, null_results.back().pairs_per_second);
    }
    const auto a = median_of(plain_results);
    const auto b = median_of(null_results);
    const Rates rates = median_rates(rounds);
    if (!arguments.run.json) {
        Output("-").write(report_text(arguments, strings.size(), plain.session(), rates, a, b));
        return 0;
    }
    const auto& estimate = plain.session().estimate();
    nlohmann::ordered_json json{
        {"prompt_rows_per_second", rates.prompt}, {"forced_rows_per_second", rates.forced},
        {"decode_rows_per_second", rates.decode}, {"shapes", rates_json(rates)},
        {"streams", estimate.memory.parallel},    {"rows_of_a_call", estimate.memory.max_rows},
        {"shape_reason", estimate.shape_reason},  {"worlds", nlohmann::ordered_json::array()},
        {"without_null", result_json(a)},         {"with_null", result_json(b)}};
    for (const auto& world : worlds_of(arguments.run)) {
        json["worlds"].push_back(describe(world));
    }
    json.update(kernels_json());
    Output("-").write(json.dump(2) + "\n");
    return 0;
}

}  // namespace otherwise::cli
