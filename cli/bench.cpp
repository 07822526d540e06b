// otherwise bench: this engine beside llama.cpp alone, in one process, turn by turn.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/bench.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "otherwise/generate/rates.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

constexpr std::array<const char*, 20> kOpenings{"The old lighthouse keeper said",
                                                "In the spring of 1911",
                                                "Most people who visit Norway",
                                                "The first rule of gardening",
                                                "Scientists at the university have",
                                                "My grandmother always kept a",
                                                "The committee voted to close",
                                                "A good loaf of bread",
                                                "Between the two mountain villages",
                                                "The engine made a strange",
                                                "Her second novel was published",
                                                "Every morning before the market",
                                                "The capital of the province",
                                                "During the long winter months",
                                                "The bridge was built to",
                                                "What surprised the doctors most",
                                                "The museum's oldest painting shows",
                                                "After the storm had passed",
                                                "Children who learn to read",
                                                "The recipe calls for two"};
constexpr int kDefaultPrompts = 200;

/// Rows that a run can not do without.
struct Necessary {
    long prompt = 0;    // each prompt once in each world
    long verified = 0;  // tokens in common with the factual string
    long written = 0;   // tokens that the world had to write by itself

    [[nodiscard]] double seconds(const Rates& rates) const {
        return static_cast<double>(prompt) / rates.prompt +
               static_cast<double>(verified) / rates.forced +
               static_cast<double>(written) / rates.decode;
    }
    [[nodiscard]] long rows() const { return prompt + verified + written; }
};

/// What one run of the engine came to, and what llama.cpp alone would have needed for it.
struct EngineResult {
    double pairs_per_second = 0.0;
    double outside = 0.0;  // share of wall time
    double hooks = 0.0;    // over the model's own time
    double efficiency = 0.0;
    double seconds = 0.0;
    long rows = 0;
    Necessary necessary;
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
        Necessary& necessary = result.necessary;
        std::vector<bool> seen(session_->subjects().size() * static_cast<std::size_t>(samples_));
        const auto report =
            session_->run({.on_pair = [&](const Pair& pair) { count(pair, seen, necessary); }});
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

    /// llama.cpp alone, on a context like those of the run.
    [[nodiscard]] Rates rates() { return session_->measure_rates(); }

private:
    std::unique_ptr<Session> make(const BenchArguments& arguments,
                                  const std::vector<InputString>& strings,
                                  FloorStrings null_strings) {
        samples_ = arguments.run.samples;
        const auto factual = factual_plan(arguments.run.model);
        std::vector<WorldPlan> plans;
        for (const auto& world : worlds_of(arguments.run)) {
            plans.push_back(with_interventions(factual, world));
        }
        auto options = session_options(arguments.run);
        options.null_strings = null_strings;
        return std::make_unique<Session>(
            factual, plans, strings, options,
            [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
    }

    /// Adds the rows of a pair; those of its factual string once.
    void count(const Pair& pair, std::vector<bool>& seen, Necessary& necessary) const {
        const auto prompt = static_cast<long>(session_->prompt_length(pair.string, pair.world));
        const auto length = static_cast<long>(pair.counterfactual.tokens.size());
        const long verified = std::min<long>(pair.lcp, length - 1);
        necessary.prompt += prompt;
        necessary.verified += verified;
        necessary.written += length - 1 - verified;
        const auto index =
            static_cast<std::size_t>(pair.string) * static_cast<std::size_t>(samples_) +
            static_cast<std::size_t>(pair.sample);
        if (!seen[index]) {
            seen[index] = true;
            necessary.prompt += static_cast<long>(session_->prompt_length(pair.string, -1));
            const auto factual = static_cast<long>(pair.factual->tokens.size()) - 1;
            (pair.observed ? necessary.verified : necessary.written) += factual;
        }
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
        r.necessary.rows());
}

nlohmann::ordered_json result_json(const EngineResult& r) {
    return {{"pairs_per_second", r.pairs_per_second},
            {"efficiency", r.efficiency},
            {"outside_llama", r.outside},
            {"hooks_over_model", r.hooks},
            {"seconds", r.seconds},
            {"rows", r.rows},
            {"rows_needed", r.necessary.rows()}};
}

int bench(BenchArguments arguments) {
    if (arguments.run.worlds.empty()) {
        arguments.run.worlds.emplace_back("hot=temp:1.2");
    }
    if (arguments.law) {
        return bench_law(arguments);
    }
    const auto strings = bench_strings(arguments.run, kDefaultPrompts);
    Engine plain(arguments, strings, FloorStrings::none);
    Engine with_null(arguments, strings, FloorStrings::all);
    std::vector<double> prompt;
    std::vector<double> forced;
    std::vector<double> decode;
    std::vector<EngineResult> plain_results;
    std::vector<EngineResult> null_results;
    Rates before = plain.rates();
    for (int round = 0; round < arguments.rounds; ++round) {
        // Each run of the engine lies between two measurements of llama.cpp alone.
        for (auto* engine : {&plain, &with_null}) {
            auto result = engine->measure();
            const Rates after = plain.rates();
            const Rates rates = mean(before, after);
            before = after;
            result.efficiency = result.necessary.seconds(rates) / result.seconds;
            (engine == &plain ? plain_results : null_results).push_back(result);
            prompt.push_back(rates.prompt);
            forced.push_back(rates.forced);
            decode.push_back(rates.decode);
        }
        fmt::print(stderr, "round {}: {:.2f} pairs/s, {:.2f} with the null world\n", round + 1,
                   plain_results.back().pairs_per_second, null_results.back().pairs_per_second);
    }
    const auto a = median_of(plain_results);
    const auto b = median_of(null_results);
    if (arguments.run.json) {
        nlohmann::ordered_json json{{"prompt_rows_per_second", median(prompt)},
                                    {"forced_rows_per_second", median(forced)},
                                    {"decode_rows_per_second", median(decode)},
                                    {"streams", plain.session().estimate().memory.parallel},
                                    {"without_null", result_json(a)},
                                    {"with_null", result_json(b)}};
        json.update(kernels_json());
        Output("-").write(json.dump(2) + "\n");
        return 0;
    }
    std::string text = fmt::format(
        "llama.cpp alone, rows a second (median of {}, best shape): {:.0f} prompt, {:.0f} "
        "teacher-forced with all logits, "
        "{:.0f} decoded on {} streams\n\n",
        arguments.rounds, median(prompt), median(forced), median(decode),
        plain.session().estimate().memory.parallel);
    text += fmt::format("{:<20} {:>7} {:>11} {:>12} {:>6}\n",
                        fmt::format("{} x {} tokens", strings.size(), arguments.run.tokens),
                        "pairs/s", "efficiency", "outside llama", "hooks");
    text += result_line("one world", a) + result_line("and the null world", b);
    text +=
        "\nefficiency: the time llama.cpp alone needs for the rows that are needed, over the wall "
        "time\n";
    Output("-").write(text);
    return 0;
}

}  // namespace

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

Rates mean(const Rates& a, const Rates& b) {
    return {.prompt = (a.prompt + b.prompt) / 2,
            .forced = (a.forced + b.forced) / 2,
            .decode = (a.decode + b.decode) / 2};
}

std::vector<InputString> bench_strings(const RunArguments& arguments, int otherwise) {
    if (!arguments.file.empty() || !arguments.prompts.empty()) {
        return strings_of(arguments);
    }
    std::vector<InputString> strings(arguments.limit > 0 ? static_cast<std::size_t>(arguments.limit)
                                                         : static_cast<std::size_t>(otherwise));
    for (std::size_t i = 0; i < strings.size(); ++i) {
        strings[i].id = std::to_string(i + 1);
        strings[i].prompt = kOpenings[i % kOpenings.size()];
    }
    return strings;
}

void add_bench(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("bench", "speed of this engine beside llama.cpp alone");
    const auto arguments = std::make_shared<BenchArguments>();
    add_run_options(*command, arguments->run);
    command
        ->add_flag("--law", arguments->law,
                   "the law of 500 strings instead, beside llama.cpp's teacher-forced passes alone")
        ->group("Work");
    command->add_option("--rounds", arguments->rounds, "turns of each, medians are printed")
        ->group("Work")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command->footer(
        "Without -p or -f: 200 built-in openings. Without --world: another temperature.\n\n"
        "Examples:\n  otherwise bench -m model-Q4_0.gguf\n"
        "  otherwise bench -m model-Q4_0.gguf --law");
    command->callback([arguments, &action] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace otherwise::cli
