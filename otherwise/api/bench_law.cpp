// bench_law of bench.h: exact laws beside llama.cpp's teacher-forced passes alone.
#include <fmt/format.h>

#include <memory>
#include <set>
#include <utility>

#include "otherwise/api/bench.h"
#include "otherwise/api/compose.h"
#include "otherwise/generate/lockstep.h"
#include "otherwise/generate/scene_passages.h"
#include "otherwise/measure/law.h"

namespace otherwise {
namespace {

constexpr int kDefaultStrings = 500;

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

/// The study with what its factual world writes as its strings, and without floors.
Study written_study(const Study& given, const Work& work, const Note& note, std::istream* input) {
    Study study = bench_study(given, work, kDefaultStrings, input);
    study.null_strings = FloorStrings::none;
    study.nudge_strings = FloorStrings::none;
    Study drawing = study;
    drawing.worlds.clear();
    auto opened = open(drawing, work, note, {.laws = true, .run_file = {}});
    study = with_strings(study, observed_strings(opened.session()));
    study.prompt_words = study.prompt_tokens = 0;
    return study;
}

}  // namespace

LawBench bench_law(const Study& given, const Work& work, int rounds, const Note& note,
                   std::istream* input) {
    const Study study = written_study(given, work, note, input);
    auto opened = open(study, work, note, {.laws = true, .run_file = {}});
    const Scene scene = opened.session().scene();
    (void)run_laws(scene, {}, {});  // warms up
    std::vector<double> seconds;
    std::vector<double> ratios;
    std::vector<double> outside;
    std::vector<double> rates;
    LawOutcome report;
    for (int round = 0; round < rounds; ++round) {
        const double before = alone(scene);
        report = run_laws(scene, {}, {});
        const double llama = (before + alone(scene)) / 2;
        seconds.push_back(report.seconds);
        ratios.push_back(report.seconds / llama);
        outside.push_back(1.0 - report.backend.all / report.seconds);
        rates.push_back(static_cast<double>(report.rows.needed) / llama);
        if (note) {
            note(fmt::format("round {}: {:.2f} s, {:.3f} times llama.cpp alone", round + 1,
                             seconds.back(), ratios.back()));
        }
    }
    return {.strings = study.strings.size(),
            .worlds = scene.worlds.size() + 1,
            .tokens = report.tokens,
            .rounds = rounds,
            .rows = report.rows.needed,
            .seconds = median(seconds),
            .times_llama = median(ratios),
            .llama_rate = median(rates),
            .best_rate = opened.session().measure_rates(kRateShapes).forced,
            .outside = median(outside),
            .backend = report.backend};
}

}  // namespace otherwise
