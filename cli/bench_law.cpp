// otherwise bench --law: exact laws beside llama.cpp's teacher-forced passes alone.
#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/bench.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "otherwise/api/kernels_json.h"
#include "otherwise/generate/lockstep.h"
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

/// Seconds inside llama.cpp for the same passes, with nothing done to the logits.
double alone(const Scene& scene) {
    std::vector<Passage> passages;
    for (std::size_t i = 0; i < scene.subjects.size(); ++i) {
        const auto& written = scene.subjects[i].observed;
        passages.push_back(passage_of(scene, static_cast<int>(i),
                                      std::make_shared<const Tokens>(written.value())));
    }
    std::set<const Evaluator*> each{scene.factual.evaluator};
    for (const auto& world : scene.worlds) {
        each.insert(world.evaluator);
    }
    const auto spent = [&] { return time_spent(each).all; };
    const double before = spent();
    Lockstep lockstep(lockstep_worlds(scene), scene.options.parallel, scene.options.threads);
    lockstep.read(passages, [](const LockstepRow&) {});
    return spent() - before;
}

}  // namespace

int bench_law(const BenchArguments& arguments) {
    const auto factual = factual_plan(arguments.run);
    std::vector<WorldPlan> plans;
    for (const auto& world : worlds_of(arguments.run)) {
        plans.push_back(with_interventions(factual, world));
    }
    auto options = session_options(arguments.run);
    options.null_strings = FloorStrings::none;
    options.nudge_strings = FloorStrings::none;
    options.read_only = true;
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
    std::vector<double> rates;
    LawReport report;
    for (int round = 0; round < arguments.rounds; ++round) {
        const double before = alone(scene);
        report = run_laws(scene, {}, {});
        const double llama = (before + alone(scene)) / 2;
        seconds.push_back(report.seconds);
        ratios.push_back(report.seconds / llama);
        outside.push_back(1.0 - report.backend.all / report.seconds);
        rates.push_back(static_cast<double>(report.rows.needed) / llama);
        note(fmt::format("round {}: {:.2f} s, {:.3f} times llama.cpp alone", round + 1,
                         seconds.back(), ratios.back()));
    }
    const double best = session.measure_rates(kRateShapes).forced;
    if (arguments.run.json) {
        nlohmann::ordered_json json{{"strings", strings.size()},
                                    {"worlds", scene.worlds.size() + 1},
                                    {"tokens", report.tokens},
                                    {"rows", report.rows.needed},
                                    {"seconds", median(seconds)},
                                    {"times_llama_alone", median(ratios)},
                                    {"llama_rows_per_second", median(rates)},
                                    {"best_rows_per_second", best},
                                    {"outside_llama", median(outside)},
                                    {"hooks_over_model", hooks_share(report.backend)}};
        json.update(kernels_json());
        Output("-").write(json.dump(2) + "\n");
        return 0;
    }
    Output("-").write(fmt::format(
        "law of {} strings, {} tokens, in {} worlds: {:.2f} s (median of {})\n"
        "{:.3f} times what llama.cpp alone needs for the same {} teacher-forced rows, turn by "
        "turn\n"
        "({:.0f} rows a second; {:.0f} with the factual model in the best shape, all logits)\n"
        "{:.1f} % of the time outside llama.cpp{}\n",
        strings.size(), report.tokens, scene.worlds.size() + 1, median(seconds), arguments.rounds,
        median(ratios), report.rows.needed, median(rates), best, 100.0 * median(outside),
        hooks_text(report.backend)));
    return 0;
}

}  // namespace otherwise::cli
