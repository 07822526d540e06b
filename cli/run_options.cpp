#include "cli/run_options.h"

#include "cli/options.h"
#include "cli/targets.h"
#include "otherwise/world/kinds_help.h"

namespace otherwise::cli {
namespace {

constexpr int kMostTokens = 1 << 20;
constexpr int kMostStreams = 255;

constexpr const char* kExamples = R"(Examples:
  otherwise run -p "The Louvre is located in" --world hot=temp:1.5
  otherwise run -m m-Q8_0.gguf -f prompts.txt --world small=model:m-Q2_K.gguf
  otherwise run -m m.gguf -f prompts.txt --jsonl out.jsonl \
    --world sad=steer:sad.gguf:1.5@layers=8-12 --world maybe="do:0: Maybe"
  otherwise run -p "Hello" --chat --world pirate="system:Talk like a pirate."
  otherwise run -f books.txt --prompt-words 5 --samples 4 --world hot=temp:1.2
  otherwise run study.toml -o run.db
  otherwise run --resume run.db)";

void add_strings(CLI::App& app, RunArguments& a) {
    const auto add = [&](const char* names, auto& to, const char* text) {
        return app.add_option(names, to, text)->group("Strings");
    };
    add("-p,--prompt", a.study.prompts, "a prompt; repeatable")
        ->type_name("TEXT")
        ->allow_extra_args(false);
    add("-f,--file", a.study.file,
        "prompts, ONE A LINE (unlike llama.cpp's -f), or JSON, CSV or TSV with \"prompt\" and, for "
        "observed strings, \"text\"; - is standard input")
        ->type_name("FILE");
    add("--prompt-field,--column", a.study.fields.prompt,
        "where the prompt is: a dotted path, as input.0.text, or a column [prompt]")
        ->type_name("PATH");
    add("--text-field", a.study.fields.text, "where the observed text is [text]")
        ->type_name("PATH");
    add("--id-field", a.study.fields.id, "where the id is [id]")->type_name("PATH");
    whole(add("-n,--predict,--n-predict", a.study.tokens, "tokens to write at most"), 1,
          kMostTokens)
        ->capture_default_str();
    whole(add("--samples", a.study.samples, "draws of the noise for each string"), 1, kMostTokens)
        ->capture_default_str();
    seed(add("-s,--seed", a.study.seed, "seed of the noise"))->capture_default_str();
    whole(add("--limit", a.study.limit, "the first N strings only [all]"), 1);
    whole(add("--prompt-words", a.study.prompt_words,
              "each line is a whole observed text, and its first N words are the prompt"),
          1);
    whole(add("--prompt-tokens", a.study.prompt_tokens, "the same with the first N tokens"), 1);
    app.add_flag("--skip-impossible", a.study.skip_impossible,
                 "leave out observed strings that the factual mechanism cannot write")
        ->group("Strings");
}

void add_worlds(CLI::App& app, RunArguments& a) {
    const auto add = [&](const char* names, auto& to, const char* text, const char* type) {
        return app.add_option(names, to, text)
            ->group("Worlds")
            ->type_name(type)
            ->allow_extra_args(false);
    };
    add("--world", a.given.worlds, "another world, see below; repeatable", "NAME=ITEM[,ITEM...]");
    add("--lora", a.given.loras, "a LoRA adapter of the world 'edited'; repeatable, or A,B",
        "FILE");
    add("--lora-scaled", a.given.scaled_loras, "the same with a scale", "FILE:SCALE");
    add("--control-vector", a.given.vectors,
        "a control vector of the world 'edited'; repeatable, or A,B", "FILE");
    add("--control-vector-scaled", a.given.scaled_vectors, "the same with a scale", "FILE:SCALE");
    whole(app.add_option("--control-vector-layer-range", a.given.vector_layers,
                         "first and last layer of the control vectors [all]"),
          0)
        ->group("Worlds")
        ->type_name("A B")
        ->expected(2);
    word(app.add_option("--vocab", a.study.vocabulary,
                        "what another model's vocabulary must share: normal tokens, or with strict "
                        "all"),
         {"normal", "strict"})
        ->group("Worlds")
        ->capture_default_str();
    app.add_flag("--force", a.work.force,
                 "take files that were fitted on another model, go on with runs of another machine")
        ->group("Worlds");
    const auto floor = [&](const char* name, FloorStrings& to, FloorStrings value,
                           const char* text) {
        return app.add_flag_callback(name, [&to, value] { to = value; }, text)->group("Worlds");
    };
    auto* all = floor("--null", a.study.null_strings, FloorStrings::all,
                      "run the null world on every string and write its lines [on max(32, 5 %)]");
    floor("--no-null", a.study.null_strings, FloorStrings::none, "leave the null world out")
        ->excludes(all);
    auto* nudge =
        floor("--nudge", a.study.nudge_strings, FloorStrings::all,
              "run the nudge, a change of no meaning, on every string and write its lines "
              "[on max(32, 5 %), where a world changes states, weights or prompts]");
    floor("--no-nudge", a.study.nudge_strings, FloorStrings::none, "leave the nudge out")
        ->excludes(nudge);
}

/// What every world has.
void add_factual(CLI::App& app, RunArguments& a) {
    app.add_option("--factual", a.given.factual,
                   "an ITEM, as below, that the factual world and so every world has; repeatable")
        ->type_name("ITEM")
        ->group("Worlds")
        ->allow_extra_args(false);
    app.add_flag(
           "--smooth{f32}", a.given.smooth,
           "the weights in floating point in memory, so that activations are not rounded to 8 "
           "bits: as F32, or --smooth=f16 or bf16, half as large; the same as --factual "
           "weights:TYPE")
        ->group("Worlds");
}

/// What only a command that writes strings can do.
void add_writing(CLI::App& app, RunArguments& a) {
    const auto flag = [&](const char* name, bool& to, const char* text) {
        app.add_flag(name, to, text)->group("Worlds");
    };
    flag("--independent", a.study.independent,
         "also write each world under fresh noise, to compare");
    flag("--stop-at-divergence", a.study.stop_at_divergence,
         "write no further where the strings divide");
}

void add_work(CLI::App& app, RunArguments& a) {
    whole(app.add_option("--parallel", a.work.parallel, "strings at once [from the memory]"), 1,
          kMostStreams)
        ->group("Work");
    app.add_option_function<std::string>(
           "--memory",
           [&a](const std::string& text) { a.work.memory = read_bytes("--memory", text); },
           "for caches and stored laws, e.g. 4G [half of what is free]")
        ->type_name("SIZE")
        ->group("Work");
    app.add_flag("--fast", a.study.fast, "skip the probe of batch invariance and its remedies")
        ->group("Work");
    app.add_flag("--dry-run", a.dry_run, "say what would act, the memory and the time; run nothing")
        ->group("Work");
}

void add_output(CLI::App& app, RunArguments& a) {
    app.add_option("--jsonl", a.jsonl,
                   "write a JSON line for each counterfactual string as they finish; - is standard "
                   "output")
        ->type_name("FILE")
        ->group("Output");
    app.add_flag("--json", a.json, "print the table as JSON and nothing else")->group("Output");
    whole(app.add_option("--show", a.shown, "print the first N strings only [all]"), 0)
        ->group("Output");
    app.add_flag("-q,--quiet", a.quiet, "print the table only: no strings, notes or progress")
        ->group("Output");
}

}  // namespace

void add_shared_options(CLI::App& app, RunArguments& arguments) {
    add_strings(app, arguments);
    add_worlds(app, arguments);
    add_mechanism_options(app, arguments.study.mechanism);
    add_chat_options(app, arguments.study,
                     "each prompt is a user's message, through the model's own chat template");
    add_factual(app, arguments);
    add_model_options(app, arguments.study, arguments.work);
    arguments.work.cache_folder = cache_folder();
    add_work(app, arguments);
}

void add_study_options(CLI::App& app, RunArguments& a) {
    app.add_option("STUDY", a.study_file,
                   "a study file, study.toml; a flag overrides what it says");
    const auto add = [&](const char* names, auto& to, const char* text, const char* type) {
        return app.add_option(names, to, text)->group("Study")->type_name(type);
    };
    add("-o,--output", a.out, "keep every result in this run file, a new one", "FILE");
    add("--resume", a.resume,
        "go on with this run file; strings and worlds are its own; with --force also on another "
        "processor",
        "FILE");
    add("--shard", a.shard, "only part I of N of the strings, for `otherwise merge`", "I/N");
    add("--moved", a.moved, "a file of the run that lies elsewhere now; repeatable", "OLD=NEW")
        ->allow_extra_args(false);
    add("--save-study", a.save_study, "write this command line as a study file", "FILE");
    app.add_flag_callback(
           "--no-law", [&a] { a.study.laws = false; },
           "do not compute stay probabilities for the run file")
        ->group("Study");
}

void add_run_options(CLI::App& app, RunArguments& arguments) {
    add_shared_options(app, arguments);
    add_target_options(app, arguments.study.targets, arguments.study.off_targets);
    add_writing(app, arguments);
    add_output(app, arguments);
    app.footer(items_help() + kExamples);
}

}  // namespace otherwise::cli
