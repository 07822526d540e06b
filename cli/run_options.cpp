#include "cli/run_options.h"

#include "cli/options.h"

namespace otherwise::cli {
namespace {

constexpr int kMostTokens = 1 << 20;
constexpr int kMostStreams = 255;

constexpr const char* kItems = R"(ITEM is kind:argument[:scale][@key=value;...], one of:
  model:FILE               another model file with the same vocabulary
  lora:FILE[:SCALE]        a LoRA adapter
  steer:FILE[:SCALE]       a control vector, added to the residual stream
  ablate:FILE[:SCALE]      its directions, taken out of the residual stream
  affine:FILE[:SCALE]      states mapped by x + scale (W x + b - x), from a file
  heads:FILE[:SCALE]       attention heads shifted, from a file
  nudge:SIZE               states times 1 + SIZE or 1 - SIZE: a change of no
                           meaning, whose effect is rounding
  system:TEXT              another system message, with --chat
  prefix:TEXT suffix:TEXT  more text before or after each prompt
  do:T:TEXT                TEXT forced at position T of what is written, from 0
  temp:X top-k:N top-p:X min-p:X         another mechanism
  ctk:TYPE ctv:TYPE fa:on|off            another cache, another attention
  weights:f16|bf16|f32     its own weights without 8-bit arithmetic, in memory
Keys: layers=8-12 (steer, ablate, affine, heads, nudge), as=tokens (do), seed=N
(nudge), scope=prompt|written|all (lora and those with layers). Several items act
in the order given. TEXT may be @FILE; quote one that holds a comma:
--world 'a=prefix:"Well, "'.

)";

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
    add("-p,--prompt", a.prompts, "a prompt; repeatable")
        ->type_name("TEXT")
        ->allow_extra_args(false);
    add("-f,--file", a.file,
        "prompts, ONE A LINE (unlike llama.cpp's -f), or JSON, CSV or TSV with \"prompt\" and, for "
        "observed strings, \"text\"; - is standard input")
        ->type_name("FILE");
    add("--prompt-field,--column", a.fields.prompt,
        "where the prompt is: a dotted path, as input.0.text, or a column [prompt]")
        ->type_name("PATH");
    add("--text-field", a.fields.text, "where the observed text is [text]")->type_name("PATH");
    add("--id-field", a.fields.id, "where the id is [id]")->type_name("PATH");
    whole(add("-n,--predict,--n-predict", a.tokens, "tokens to write at most"), 1, kMostTokens)
        ->capture_default_str();
    whole(add("--samples", a.samples, "draws of the noise for each string"), 1, kMostTokens)
        ->capture_default_str();
    seed(add("-s,--seed", a.seed, "seed of the noise"))->capture_default_str();
    whole(add("--limit", a.limit, "the first N strings only [all]"), 1);
    whole(add("--prompt-words", a.prompt_words,
              "each line is a whole observed text, and its first N words are the prompt"),
          1);
    whole(add("--prompt-tokens", a.prompt_tokens, "the same with the first N tokens"), 1);
    app.add_flag("--skip-impossible", a.skip_impossible,
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
    const auto flag = [&](const char* name, bool& to, const char* text) {
        return app.add_flag(name, to, text)->group("Worlds");
    };
    add("--world", a.worlds, "another world, see below; repeatable", "NAME=ITEM[,ITEM...]");
    add("--lora", a.loras, "a LoRA adapter of the world 'edited'; repeatable, or A,B", "FILE");
    add("--lora-scaled", a.scaled_loras, "the same with a scale", "FILE:SCALE");
    add("--control-vector", a.vectors, "a control vector of the world 'edited'; repeatable, or A,B",
        "FILE");
    add("--control-vector-scaled", a.scaled_vectors, "the same with a scale", "FILE:SCALE");
    whole(app.add_option("--control-vector-layer-range", a.vector_layers,
                         "first and last layer of the control vectors [all]"),
          0)
        ->group("Worlds")
        ->type_name("A B")
        ->expected(2);
    word(app.add_option("--vocab", a.vocabulary,
                        "what another model's vocabulary must share: normal tokens, or with strict "
                        "all"),
         {"normal", "strict"})
        ->group("Worlds")
        ->capture_default_str();
    flag("--force", a.force,
         "take files that were fitted on another model, go on with runs of another machine");
    auto* all = flag("--null", a.all_null,
                     "run the null world on every string and write its lines [on max(32, 5 %)]");
    flag("--no-null", a.no_null, "leave the null world out")->excludes(all);
    auto* nudge = flag("--nudge", a.all_nudge,
                       "run the nudge, a change of no meaning, on every string and write its lines "
                       "[on max(32, 5 %), where a world changes states, weights or prompts]");
    flag("--no-nudge", a.no_nudge, "leave the nudge out")->excludes(nudge);
}

/// What only a command that writes strings can do.
void add_writing(CLI::App& app, RunArguments& a) {
    const auto flag = [&](const char* name, bool& to, const char* text) {
        app.add_flag(name, to, text)->group("Worlds");
    };
    flag("--independent", a.independent, "also write each world under fresh noise, to compare");
    flag("--stop-at-divergence", a.stop_at_divergence, "write no further where the strings divide");
}

void add_work(CLI::App& app, RunArguments& a) {
    whole(app.add_option("--parallel", a.parallel, "strings at once [from the memory]"), 1,
          kMostStreams)
        ->group("Work");
    app.add_option_function<std::string>(
           "--memory", [&a](const std::string& text) { a.memory = read_bytes("--memory", text); },
           "for caches and stored laws, e.g. 4G [half of what is free]")
        ->type_name("SIZE")
        ->group("Work");
    app.add_flag("--fast", a.fast, "skip the probe of batch invariance and its remedies")
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
    add_mechanism_options(app, arguments.model);
    add_model_options(app, arguments.model);
    add_work(app, arguments);
}

void add_study_options(CLI::App& app, RunArguments& a) {
    app.add_option("STUDY", a.study, "a study file, study.toml; a flag overrides what it says");
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
    app.add_flag("--no-law", a.no_law, "do not compute stay probabilities for the run file")
        ->group("Study");
}

std::string items_help() { return kItems; }

void add_run_options(CLI::App& app, RunArguments& arguments) {
    add_shared_options(app, arguments);
    add_target_options(app, arguments.targets);
    add_writing(app, arguments);
    add_output(app, arguments);
    app.footer(items_help() + kExamples);
}

}  // namespace otherwise::cli
