// otherwise score: the measures of pairs of texts, whoever wrote them.
#include <fmt/core.h>

#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/targets.h"
#include "otherwise/api/score.h"
#include "otherwise/base/error.h"
#include "otherwise/console/measures.h"

namespace otherwise::cli {
namespace {

constexpr int kMostWords = 10000;
constexpr int kMostThreads = 512;

struct ScoreArguments {
    std::vector<std::string> files;
    std::string against;
    ScoreSettings settings;
    Work work;
    bool json = false;
};

void print(const Scores& scores, bool json) {
    Output out("-");
    if (json) {
        out.write(to_json(scores) + "\n");
        return;
    }
    const console::Style style = output_style();
    for (const auto& world : scores.worlds) {
        out.show(console::render_measures(world, style));
    }
    out.show(console::render_measures_legend(style));
}

Scores scores_of(const ScoreArguments& a) {
    if (a.against.empty()) {
        return score(a.files, a.settings, a.work, {}, &std::cin);
    }
    if (a.files.size() > 1) {
        misuse({.where = "score",
                .expected = "one FILE with --against",
                .came = std::to_string(a.files.size())});
    }
    return score_against(a.files.front(), a.against, a.settings, a.work);
}

int score_files(const ScoreArguments& arguments) {
    Output("-").require();
    if (!arguments.settings.embedder.empty()) {
        (void)start_kernels({.cpu_variant = arguments.work.cpu_variant});
    }
    const Scores scores = scores_of(arguments);
    print(scores, arguments.json);
    auto lines = scores.notes;
    for (const auto& world : scores.worlds) {
        const auto more = console::doubts(world);
        lines.insert(lines.end(), more.begin(), more.end());
    }
    for (const auto& line : lines) {
        say("otherwise: WARNING: " + line);
    }
    return 0;
}

void add_fields(CLI::App& app, PairFields& fields) {
    const auto add = [&](const char* name, std::string& to, const char* text) {
        app.add_option(name, to, text)->type_name("PATH")->group("Pairs");
    };
    add("--factual-field", fields.factual, "the factual text: a dotted path, as before.text");
    add("--counterfactual-field", fields.counterfactual, "the counterfactual text");
    add("--prompt-field", fields.prompt, "the prompt of both [prompt]");
    app.add_flag("--with-prompt", fields.texts_hold_prompt,
                 "both texts start with the prompt, which is then left out of them")
        ->group("Pairs");
}

void add_measures(CLI::App& app, ScoreSettings& a, Work& work) {
    add_target_options(app, a.targets, a.off_targets);
    app.add_option("--embedder", a.embedder, "a GGUF embedding model, for cosines")
        ->type_name("FILE")
        ->group("Measures");
    app.add_flag("--e5", a.e5, "put \"query: \" before each text, as E5 models want")
        ->group("Measures");
    whole(app.add_option("--words", a.words, "words gained and lost, at most"), 0, kMostWords)
        ->capture_default_str()
        ->group("Measures");
    whole(app.add_option("-t,--threads", work.threads, "threads of the embedder [all processors]"),
          -1, kMostThreads)
        ->group("Measures");
    whole(app.add_option("--gpu-layers,--n-gpu-layers", a.gpu_layers,
                         "its layers on a GPU, where one is built in [all]"),
          -1)
        ->group("Measures");
    add_kernel_options(app, a.no_repack, work.cpu_variant, "Measures");
}

}  // namespace

void add_score(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("score",
                                       "the measures of pairs of texts, whoever wrote them\n"
                                       "Usage: otherwise score FILE... [options]");
    const auto a = std::make_shared<ScoreArguments>();
    command
        ->add_option("FILE", a->files,
                     "JSON (as `run --jsonl` writes it), CSV or TSV; - is standard input")
        ->required()
        ->type_name("FILE");
    add_fields(*command, a->settings.fields);
    command
        ->add_option(
            "--against", a->against,
            "the counterfactual texts, where FILE has the factual ones: two logs of lm-eval "
            "or Inspect, paired by id")
        ->type_name("FILE")
        ->group("Pairs");
    command->add_option("--world", a->settings.worlds, "this world only; repeatable [all]")
        ->type_name("NAME")
        ->group("Pairs")
        ->allow_extra_args(false);
    whole(command->add_option("--limit", a->settings.limit,
                              "the first N strings of each file only [all]"),
          1)
        ->group("Pairs");
    add_measures(*command, a->settings, a->work);
    command->add_flag("--json", a->json, "print it as JSON");
    command->footer(
        "Examples:\n"
        "  otherwise score out.jsonl --target \"(?i)koala\" --off-target \"(?i)bear\"\n"
        "  otherwise score pairs.jsonl --factual-field before --counterfactual-field after\n"
        "  otherwise score base/samples.jsonl --against edited/samples.jsonl\n"
        "  otherwise score out.jsonl --embedder e5-small-v2.gguf --e5 --json");
    command->callback([a, &action] { action = [a] { return score_files(*a); }; });
}

}  // namespace otherwise::cli
