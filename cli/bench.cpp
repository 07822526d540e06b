// otherwise bench: this engine beside llama.cpp alone, in one process, turn by turn.
#include "otherwise/api/bench.h"

#include <fmt/core.h>

#include <array>
#include <iostream>
#include <memory>
#include <utility>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/run_options.h"

namespace otherwise::cli {
namespace {

struct BenchArguments {
    RunArguments run;
    int rounds = 5;
    bool law = false;
    bool long_texts = false;
};

constexpr std::array<std::pair<CallKind, const char*>, 3> kWork{
    {{CallKind::prompt, "prompts"},
     {CallKind::forced, "teacher-forced"},
     {CallKind::decode, "decoded"}}};

/// The rates by shape: a line for each kind of work.
std::string rates_text(const Rates& rates) {
    std::string text;
    for (const auto& [work, name] : kWork) {
        std::string line;
        for (const auto& [shape, rate] : rates.shapes) {
            if (shape.work == work) {
                line += fmt::format("  {} x {}: {:.0f}", shape.streams, shape.rows, rate);
            }
        }
        text += line.empty() ? "" : fmt::format("  {:<15}{}\n", name, line);
    }
    return text;
}

std::string result_line(const char* name, const EngineResult& r) {
    return fmt::format(
        "{:<20} {:>7.2f} {:>11.3f} {:>10.1f} % {:>5.1f} %   {} rows, {} of them needed\n", name,
        r.pairs_per_second, r.efficiency, 100.0 * r.outside, 100.0 * r.hooks, r.rows,
        r.needed.rows());
}

/// "world moved: …", a line for each world.
std::string worlds_text(const std::vector<std::string>& worlds) {
    std::string text;
    for (const auto& world : worlds) {
        text += "world " + world + "\n";
    }
    return text;
}

std::string text_of(const RunBench& bench) {
    std::string text = fmt::format(
        "llama.cpp alone, rows a second by streams x rows of a call, medians of {}\n{}"
        "best: {:.0f} prompts, {:.0f} teacher-forced with all logits, {:.0f} decoded\n\n",
        bench.rounds, rates_text(bench.rates), bench.rates.prompt, bench.rates.forced,
        bench.rates.decode);
    text += worlds_text(bench.worlds);
    text += fmt::format("{} strings at once ({}), at most {} rows a call\n\n", bench.streams,
                        bench.shape_reason, bench.rows_of_a_call);
    text += fmt::format("{:<20} {:>7} {:>11} {:>12} {:>6}\n",
                        fmt::format("{} x {} tokens", bench.strings, bench.tokens), "pairs/s",
                        "efficiency", "outside llama", "hooks");
    text +=
        result_line("one world", bench.plain) + result_line("and the null world", bench.with_null);
    return text +
           "\nefficiency: the time llama.cpp alone needs for the rows that are needed, in the best "
           "of the shapes above, over the wall time\n";
}

std::string text_of(const LawBench& bench) {
    return fmt::format(
        "law of {} strings, {} tokens, in {} worlds: {:.2f} s (median of {})\n"
        "{:.3f} times what llama.cpp alone needs for the same {} teacher-forced rows, turn by "
        "turn\n"
        "({:.0f} rows a second; {:.0f} with the factual model in the best shape, all logits)\n"
        "{:.1f} % of the time outside llama.cpp{}\n",
        bench.strings, bench.tokens, bench.worlds, bench.seconds, bench.rounds, bench.times_llama,
        bench.rows, bench.llama_rate, bench.best_rate, 100.0 * bench.outside,
        hooks_text(bench.backend));
}

std::string shapes_line(const std::vector<TextRate>& rates, CallKind work, bool keeps) {
    std::string line;
    for (const auto& [shape, rate, bits] : rates) {
        if (shape.work == work && bits == keeps) {
            line += fmt::format("  {} x {}: {:.0f}", shape.streams, shape.rows, rate);
        }
    }
    return fmt::format("    {:<14}{}\n", keeps ? "keep the bits" : "do not", line);
}

std::string text_of(const LongBench& bench) {
    std::string text = fmt::format(
        "llama.cpp alone, rows a second in the middle of a text, by streams x rows of a call, "
        "medians of {}\n",
        bench.rounds);
    for (const auto& [work, name] :
         {std::pair{CallKind::prompt, "prompts of 1,200 tokens"},
          std::pair{CallKind::forced, "chunks of 512, logits of half"}}) {
        text += fmt::format("  {}\n{}{}", name, shapes_line(bench.rates, work, true),
                            shapes_line(bench.rates, work, false));
    }
    text += "\n" + worlds_text(bench.worlds);
    text += fmt::format("\n{:<34} {:>7} {:>28} {:>24}\n", "", "rows/s",
                        "of the best that keeps bits", "of the best of all");
    for (const auto& row : bench.rows) {
        text += fmt::format("{:<34} {:>7.0f} {:>20.3f} ({:>5.0f}) {:>16.3f} ({:>5.0f})   {} rows\n",
                            row.name, row.rate, row.rate / row.keeps, row.keeps, row.rate / row.any,
                            row.any, row.needed);
    }
    return text +
           "\nrows/s: the rows that are needed, a shared head once in each world, over the wall "
           "time, in the factual and the other worlds together\n";
}

template <typename Bench>
int print(const Bench& bench, bool json) {
    if (json) {
        Output("-").write(to_json(bench) + "\n");
    } else {
        Output("-").show(text_of(bench));
    }
    return 0;
}

int bench(BenchArguments& arguments) {
    auto& [run, rounds, law, long_texts] = arguments;
    const auto note = [](const std::string& line) { say(line); };
    (void)start_kernels({.cpu_variant = run.work.cpu_variant});
    const auto& given = run.given;
    if (given.worlds.empty() && given.loras.empty() && given.scaled_loras.empty() &&
        given.vectors.empty() && given.scaled_vectors.empty()) {
        run.given.worlds.push_back(bench_world(factual_plan(run).model));
    }
    const Study study = study_of(run);
    if (long_texts) {
        return print(bench_long(study, run.work, rounds, note), run.json);
    }
    return law ? print(bench_law(study, run.work, rounds, note, &std::cin), run.json)
               : print(bench_run(study, run.work, rounds, note, &std::cin), run.json);
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("bench", "speed of this engine beside llama.cpp alone");
    const auto arguments = std::make_shared<BenchArguments>();
    add_run_options(*command, arguments->run);
    auto* law =
        command
            ->add_flag("--law", arguments->law,
                       "the law of 500 strings instead, beside llama.cpp's teacher-forced passes "
                       "alone")
            ->group("Work");
    command
        ->add_flag("--long", arguments->long_texts,
                   "prompts of 1,200 tokens, apart and sharing a head of 1,000, and a corpus "
                   "instead")
        ->group("Work")
        ->excludes(law);
    command->add_option("--rounds", arguments->rounds, "turns of each, medians are printed")
        ->group("Work")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command->footer(
        "Without -p or -f: 200 built-in openings. Without --world: states after the middle block\n"
        "times 1.2 or 0.8, nudge:0.2@layers=N, which changes most strings.\n\n"
        "Examples:\n  otherwise bench -m model-Q4_0.gguf\n"
        "  otherwise bench -m model-Q4_0.gguf --long\n"
        "  otherwise bench -m model-Q4_0.gguf --law");
    command->callback([arguments, &action] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace otherwise::cli
