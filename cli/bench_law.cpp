// otherwise bench --law: exact laws beside llama.cpp's teacher-forced passes alone.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/bench.h"
#include "cli/output.h"
#include "otherwise/measure/law.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

constexpr int kDefaultStrings = 500;

void note(const std::string& line) { fmt::print(stderr, "{}\n", line); }

/// What the factual world writes after each prompt, as observed strings.
std::vector<InputString> observed_strings(Session& session) {
    const Scene scene = session.scene();
    std::vector<InputString> strings;
    for (const auto& draw : draw_strings(scene.subjects, 0, static_cast<int>(scene.subjects.size()),
                                         scene.factual, scene.options, true)) {
        InputString string;
        string.id = fmt::format("{}#{}", draw.string, draw.sample);
        string.prompt_tokens = *scene.factual.prompts[static_cast<std::size_t>(draw.string)];
        string.tokens = draw.written->tokens;
        strings.push_back(std::move(string));
    }
    return strings;
}

}  // namespace

int bench_law(const BenchArguments& arguments) {
    const auto factual = factual_plan(arguments.run.model);
    std::vector<WorldPlan> plans;
    for (const auto& world : worlds_of(arguments.run)) {
        plans.push_back(with_interventions(factual, world));
    }
    auto options = session_options(arguments.run);
    options.null_strings = NullStrings::none;
    options.keep_laws = false;
    std::vector<InputString> strings;
    {
        Session drawing(factual, {}, bench_strings(arguments.run, kDefaultStrings), options, note);
        strings = observed_strings(drawing);
    }
    Session session(factual, plans, strings, options, note);
    const Scene scene = session.scene();
    (void)run_laws(scene, {}, {});  // warms up
    std::vector<double> seconds;
    std::vector<double> ratios;
    std::vector<double> outside;
    long rows = 0;
    long tokens = 0;
    Rates before = session.measure_rates();
    for (int round = 0; round < arguments.rounds; ++round) {
        const auto report = run_laws(scene, {}, {});
        const Rates after = session.measure_rates();
        const double alone = static_cast<double>(report.rows.needed) / mean(before, after).forced;
        before = after;
        seconds.push_back(report.seconds);
        ratios.push_back(report.seconds / alone);
        outside.push_back(1.0 - report.backend_seconds / report.seconds);
        rows = report.rows.needed;
        tokens = report.tokens;
        note(fmt::format("round {}: {:.2f} s, {:.3f} times llama.cpp alone", round + 1,
                         seconds.back(), ratios.back()));
    }
    if (arguments.run.json) {
        const nlohmann::ordered_json json{{"strings", strings.size()},
                                          {"tokens", tokens},
                                          {"rows", rows},
                                          {"seconds", median(seconds)},
                                          {"times_llama_alone", median(ratios)},
                                          {"outside_llama", median(outside)}};
        Output("-").write(json.dump(2) + "\n");
        return 0;
    }
    Output("-").write(fmt::format(
        "law of {} strings, {} tokens, in {} and another world: {:.2f} s (median of {})\n"
        "{:.3f} times what llama.cpp alone needs for the same {} teacher-forced rows with all "
        "logits;\n{:.1f} % of the time outside llama.cpp\n",
        strings.size(), tokens, "the factual", median(seconds), arguments.rounds, median(ratios),
        rows, 100.0 * median(outside)));
    return 0;
}

}  // namespace otherwise::cli
