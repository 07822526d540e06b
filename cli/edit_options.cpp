// The arguments of `otherwise edit`.
#include "cli/command.h"
#include "cli/edit.h"
#include "cli/options.h"
#include "otherwise/fit/edit/presets.h"

namespace otherwise::cli {
namespace {

constexpr int kMostThreads = 512;
constexpr int kMostSteps = 1000;
constexpr int kMostPrefixes = 60;
constexpr double kLeastRate = 1e-6;
constexpr double kMostNumber = 1e6;

void add_files(CLI::App& app, EditArguments& a) {
    const auto add = [&](const char* names, auto& to, const char* text, const char* type) {
        return app.add_option(names, to, text)->group("Files")->type_name(type);
    };
    word(app.add_option("METHOD", a.method,
                        "rome (one fact, one layer), memit (many, several layers) or check")
             ->group("Files")
             ->required(),
         {"rome", "memit", "check"});
    add("-m,--model", a.study.model, "the model, a GGUF file [the default model]", "FILE");
    add("-o,--output", a.output, "the LoRA adapter to write", "FILE");
    add("--lora", a.lora, "check: the adapter to check", "FILE");
    real(app.add_option("--scale", a.scale, "check: its scale")
             ->group("Files")
             ->capture_default_str(),
         -kMostNumber, kMostNumber);
}

void add_facts(CLI::App& app, EditArguments& a) {
    const auto add = [&](const char* names, auto& to, const char* text, const char* type) {
        return app.add_option(names, to, text)
            ->group("Facts")
            ->type_name(type)
            ->allow_extra_args(false);
    };
    add("--fact", a.facts,
        "a fact: 'SUBJECT | PROMPT with {} | NEW' or '... | NEW | OLD'; repeatable", "TEXT");
    add("--facts", a.file,
        "facts as JSON or CSV, in this project's form or that of CounterFact, EasyEdit, KnowEdit "
        "or "
        "zsRE",
        "FILE");
    add("--id", a.ids, "only the facts with this id; repeatable", "ID");
}

void add_settings(CLI::App& app, EditArguments& a) {
    const auto add = [&](const char* name, auto& to, const char* text) {
        return app.add_option(name, to, text)->group("Edit");
    };
    add("--layers", a.layers,
        "layers to edit: 5, 3-7, 3,5,7, or auto to try some and print what each does "
        "[a tenth of the way up; five up to 23 %]")
        ->type_name("LAYERS");
    word(add("--preset", a.study.preset, "the settings of a paper"), preset_names());
    whole(add("--steps", a.study.steps, "of the search for each target value, at most [25]"), 1,
          kMostSteps);
    whole(add("--prefixes", a.study.prefixes, "random prefixes, written by the model [5]"), 0,
          kMostPrefixes);
    real(add("--rate", a.study.rate, "Adam's step, in units of the state's root mean square [0.1]"),
         kLeastRate, kMostNumber);
    real(add("--kl", a.study.kl_weight, "weight of keeping the law after 'SUBJECT is a' [0.0625]"),
         0.0, kMostNumber);
    real(add("--decay", a.study.decay, "weight of the target value's length [0.5]"), 0.0,
         kMostNumber);
    real(add("--clamp", a.study.clamp,
             "its length at most, in lengths of the feed-forward's output [4]"),
         kLeastRate, kMostNumber);
    real(add("--enough", a.study.enough,
             "stop where the new answer costs fewer nats a token [0.01]"),
         0.0, kMostNumber);
    seed(add("--seed", a.study.seed, "of the model's own texts")->capture_default_str());
}

void add_covariance(CLI::App& app, EditArguments& a) {
    const auto add = [&](const char* name, auto& to, const char* text) {
        return app.add_option(name, to, text)->group("Covariance");
    };
    add("--corpus", a.study.corpus, "text for the keys' covariance [the model writes its own]")
        ->type_name("FILE");
    whole(add("--covariance-tokens", a.study.covariance_tokens,
              "tokens for it [4096, or three for each value of a key]"),
          1);
    real(add("--covariance-weight", a.study.covariance_weight,
             "memit: weight of what the model knows, over the width of a key [1]"),
         0.0, kMostNumber);
    real(
        add("--damping", a.study.damping, "added to the covariance, over its mean diagonal [0.01]"),
        0.0, kMostNumber);
    app.add_flag("--no-cache", a.no_cache,
                 "neither read nor keep covariances and probes in the cache folder")
        ->group("Covariance");
}

void add_work(CLI::App& app, EditArguments& a) {
    whole(app.add_option("-t,--threads", a.work.threads, "threads [all processors]"), -1,
          kMostThreads)
        ->group("Work");
    add_kernel_options(app, a.study.no_repack, a.work.cpu_variant, "Work");
    app.add_option_function<std::string>(
           "--memory",
           [&a](const std::string& text) { a.work.memory = read_bytes("--memory", text); },
           "for the gradient, e.g. 4G [1G]")
        ->type_name("SIZE")
        ->group("Work");
    app.add_flag("--dry-run", a.dry_run, "say the layers and the memory; run nothing")
        ->group("Work");
    app.add_flag("--force", a.work.force, "keep an adapter that misses its limits")
        ->group("Output");
    app.add_flag("--no-check", a.no_check, "print no scores before and after")->group("Output");
    app.add_flag("--json", a.json, "print the scores as JSON and nothing else")->group("Output");
    app.add_flag("-q,--quiet", a.quiet, "no progress, timing and notes")->group("Output");
}

}  // namespace

void add_edit_options(CLI::App& app, EditArguments& a) {
    add_files(app, a);
    add_facts(app, a);
    add_settings(app, a);
    add_covariance(app, a);
    add_work(app, a);
    app.footer(
        "Examples:\n"
        "  otherwise edit rome -m m.gguf -o rome.gguf \\\n"
        "      --fact 'The Louvre | {} is located in the city of | Rome | Paris'\n"
        "  otherwise edit memit -m m.gguf --facts facts.jsonl --layers auto -o memit.gguf\n"
        "  otherwise edit check -m m.gguf --lora memit.gguf --facts facts.jsonl\n"
        "  otherwise run -m m.gguf -f prompts.txt --world edited=lora:rome.gguf");
}

std::vector<Fact> facts_of(const EditArguments& a) {
    std::vector<Fact> facts;
    if (!a.file.empty()) {
        auto file = open_input(a.file, "a file of facts");
        facts = read_facts(file, a.file);
    }
    for (const auto& text : a.facts) {
        facts.push_back(parse_fact(text));
    }
    return a.ids.empty() ? facts : with_ids(facts, a.ids);
}

}  // namespace otherwise::cli
