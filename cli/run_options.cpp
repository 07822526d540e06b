#include "cli/run_options.h"

#include <charconv>
#include <fstream>
#include <iostream>
#include <set>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

constexpr const char* kFooter = R"(A world is NAME=ITEM[,ITEM...], an ITEM kind:argument[:scale][@key=value;...]:
  model:FILE  lora:FILE:SCALE  steer:FILE:SCALE  ablate:FILE:SCALE  system:TEXT  prefix:TEXT
  suffix:TEXT  do:POSITION:TEXT  temp:T  top-k:K  top-p:P  min-p:P  ctk:TYPE  ctv:TYPE  fa:on|off
  options: layers=8-12, scope=prompt|written|all

Examples:
  otherwise run -m m-Q8_0.gguf -p "The Louvre is located in" --world small=model:m-Q2_K.gguf
  otherwise run -m m.gguf -f prompts.txt --world sad=steer:sad.gguf:1.5@layers=8-12 --jsonl out.jsonl
  otherwise run -m m.gguf -f texts.jsonl --world maybe="do:0: Maybe" --samples 4)";

void add_strings(CLI::App& app, RunArguments& a) {
    app.add_option("-p,--prompt", a.prompts, "a prompt; repeatable")->group("Strings")->allow_extra_args(false);
    app.add_option("-f,--file", a.file, "prompts, ONE A LINE (unlike llama.cpp's -f), or JSON lines with id, prompt, text; - is stdin")->group("Strings");
    app.add_option("-n,--predict,--n-predict", a.tokens, "tokens to write at most")->group("Strings")->check(CLI::Range(1, 1 << 20))->capture_default_str();
    app.add_option("--samples", a.samples, "draws of the noise for each string")->group("Strings")->check(CLI::Range(1, 1 << 20))->capture_default_str();
    app.add_option("-s,--seed", a.seed, "seed of the noise")->group("Strings")->capture_default_str();
    app.add_option("--limit", a.limit, "the first N strings only")->group("Strings")->check(CLI::PositiveNumber);
    app.add_option("--prompt-words", a.prompt_words, "each line is a whole observed text; its first N words are the prompt")->group("Strings")->check(CLI::PositiveNumber);
    app.add_option("--prompt-tokens", a.prompt_tokens, "the same, N tokens")->group("Strings")->check(CLI::PositiveNumber);
    app.add_flag("--skip-impossible", a.skip_impossible, "leave out observed strings that the factual mechanism cannot write")->group("Strings");
}

void add_worlds(CLI::App& app, RunArguments& a) {
    app.add_option("--world", a.worlds, "NAME=ITEM[,ITEM...], see below; repeatable")->group("Worlds")->allow_extra_args(false);
    app.add_option("--lora", a.loras, "world 'edited': a LoRA adapter")->group("Worlds")->allow_extra_args(false);
    app.add_option("--lora-scaled", a.scaled_loras, "the same, FILE:SCALE")->group("Worlds")->allow_extra_args(false);
    app.add_option("--control-vector", a.vectors, "world 'edited': a control vector")->group("Worlds")->allow_extra_args(false);
    app.add_option("--control-vector-scaled", a.scaled_vectors, "the same, FILE:SCALE")->group("Worlds")->allow_extra_args(false);
    app.add_option("--control-vector-layer-range", a.vector_layers, "its first and last layer")->group("Worlds")->expected(2);
    app.add_option("--vocab", a.vocabulary, "strict: also control and unused tokens of another model must match")->group("Worlds")->check(CLI::IsMember({"normal", "strict"}))->capture_default_str();
    auto* all = app.add_flag("--null", a.all_null, "run the null world on every string, and write its lines too")->group("Worlds");
    app.add_flag("--no-null", a.no_null, "leave the null world out")->group("Worlds")->excludes(all);
    app.add_flag("--independent", a.independent, "also write each world under fresh noise, for comparison")->group("Worlds");
    app.add_flag("--stop-at-divergence", a.stop_at_divergence, "do not write on after the strings divide")->group("Worlds");
}

void add_work(CLI::App& app, RunArguments& a) {
    app.add_option("--parallel", a.parallel, "-np: strings at once [from memory]")->group("Work")->check(CLI::Range(1, 255));
    app.add_option("--memory", a.memory, "for caches and stored probabilities, e.g. 4G [half of what is free]")->group("Work")->transform(CLI::AsSizeValue(false));
    app.add_flag("--fast", a.fast, "skip the probe of batch invariance and its remedies")->group("Work");
    app.add_flag("--dry-run", a.dry_run, "say what would act, the memory and the work; run nothing")->group("Work");
}

void add_output(CLI::App& app, RunArguments& a) {
    app.add_option("--jsonl", a.jsonl, "one JSON line a counterfactual string, as they finish; - is stdout")->group("Output");
    app.add_flag("--json", a.json, "the summary as JSON on stdout, nothing else")->group("Output");
    app.add_option("--show", a.shown, "print the first N strings only [all]")->group("Output")->check(CLI::NonNegativeNumber);
    app.add_flag("-q,--quiet", a.quiet, "no strings, no notes, no progress: the table only")->group("Output");
}

/// FILE:SCALE as llama.cpp reads it: the scale after the last colon.
std::pair<std::string, float> scaled(const std::string& text, const char* flag) {
    const auto colon = text.rfind(':');
    float scale = 1.0F;
    const char* end = text.data() + text.size();
    if (colon != std::string::npos) {
        const auto parsed = std::from_chars(text.data() + colon + 1, end, scale);
        if (parsed.ec == std::errc() && parsed.ptr == end) {
            return {text.substr(0, colon), scale};
        }
    }
    misuse({.where = "worlds_of", .expected = std::string(flag) + " FILE:SCALE", .came = "'" + text + "'"});
}

World edited_world(const RunArguments& a) {
    World world{.name = "edited", .interventions = {}};
    LayerRange layers;
    if (a.vector_layers.size() == 2) {
        layers = {.first = a.vector_layers[0], .last = a.vector_layers[1]};
    }
    const auto lora = [&](const std::string& path, float scale) {
        world.interventions.emplace_back(UseLora{.path = path, .scale = scale});
    };
    const auto vector = [&](const std::string& path, float scale) {
        world.interventions.emplace_back(Steer{.path = path, .scale = scale, .layers = layers});
    };
    for (const auto& path : a.loras) {
        lora(path, 1.0F);
    }
    for (const auto& text : a.scaled_loras) {
        const auto [path, scale] = scaled(text, "--lora-scaled");
        lora(path, scale);
    }
    for (const auto& path : a.vectors) {
        vector(path, 1.0F);
    }
    for (const auto& text : a.scaled_vectors) {
        const auto [path, scale] = scaled(text, "--control-vector-scaled");
        vector(path, scale);
    }
    return world;
}

void contradiction(bool both, const char* expected, const char* came) {
    if (both) {
        misuse({.where = "check_run_options", .expected = expected, .came = came});
    }
}

}  // namespace

void add_run_options(CLI::App& app, RunArguments& arguments) {
    add_model_options(app, arguments.model);
    add_mechanism_options(app, arguments.model);
    add_strings(app, arguments);
    add_worlds(app, arguments);
    add_work(app, arguments);
    add_output(app, arguments);
    app.footer(kFooter);
}

void check_run_options(const RunArguments& a) {
    contradiction(!a.prompts.empty() && !a.file.empty(), "-p or -f", "both");
    contradiction(a.prompts.empty() && a.file.empty(), "a prompt (-p TEXT) or a file of prompts (-f FILE)", "neither");
    contradiction(a.prompt_words > 0 && a.prompt_tokens > 0, "--prompt-words or --prompt-tokens", "both");
    contradiction(a.json && a.jsonl == "-", "--json or --jsonl -", "both on standard output");
    contradiction(a.stop_at_divergence && a.independent, "--stop-at-divergence or --independent",
                  "both (fresh noise divides the strings at once)");
    contradiction(!a.vector_layers.empty() && a.vectors.empty() && a.scaled_vectors.empty(),
                  "--control-vector with --control-vector-layer-range", "no control vector");
    contradiction(a.vector_layers.size() == 2 && a.vector_layers[0] > a.vector_layers[1],
                  "a layer range from low to high", "the reverse");
    contradiction(a.prompt_words + a.prompt_tokens > 0 && a.model.chat, "--chat with prompts",
                  "--chat with whole texts to split");
}

std::vector<World> worlds_of(const RunArguments& arguments) {
    std::vector<World> worlds;
    std::set<std::string> names;
    for (const auto& text : arguments.worlds) {
        worlds.push_back(parse_world(text));
        if (!names.insert(worlds.back().name).second) {
            misuse({.where = "worlds_of", .expected = "a name for each world", .came = "'" + worlds.back().name + "' twice"});
        }
    }
    if (World edited = edited_world(arguments); !edited.interventions.empty()) {
        worlds.push_back(std::move(edited));
    }
    if (worlds.empty() && !arguments.all_null) {
        misuse({.where = "worlds_of",
                .expected = "a world to compare with (--world NAME=ITEM, --lora, --control-vector)",
                .came = "none",
                .advice = "try --world hot=temp:1.5, or --null for the null world alone"});
    }
    return worlds;
}

std::vector<InputString> strings_of(const RunArguments& arguments) {
    if (arguments.file.empty()) {
        std::vector<InputString> strings;
        for (std::size_t i = 0; i < arguments.prompts.size(); ++i) {
            InputString string;
            string.id = std::to_string(i + 1);
            string.prompt = arguments.prompts[i];
            if (!is_utf8(*string.prompt)) {
                fail({.where = "strings_of", .expected = "a prompt in UTF-8", .came = "other bytes in -p number " + string.id});
            }
            strings.push_back(std::move(string));
        }
        if (arguments.limit > 0 && static_cast<std::size_t>(arguments.limit) < strings.size()) {
            strings.resize(static_cast<std::size_t>(arguments.limit));
        }
        return strings;
    }
    const ReadOptions options{.limit = arguments.limit};
    if (arguments.file == "-") {
        return read_strings(std::cin, "standard input", options);
    }
    std::ifstream file(arguments.file, std::ios::binary);
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
        const bool empty = file.is_open() && file.eof();
        fail({.where = "strings_of",
              .expected = "a readable file of prompts",
              .came = "'" + arguments.file + "' (" + (empty ? "empty" : "cannot be read") + ")"});
    }
    return read_strings(file, arguments.file, options);
}

SessionOptions session_options(const RunArguments& a) {
    SessionOptions options;
    options.open = {.model = {.gpu_layers = a.model.gpu_layers},
                    .strict_vocabulary = a.vocabulary == "strict",
                    .threads = thread_count(a.model.threads)};
    options.context = a.model.context;
    options.parallel = a.parallel;
    options.max_rows = a.model.max_rows;
    options.memory = a.memory;
    options.fast = a.fast;
    options.null_strings = a.no_null ? NullStrings::none : a.all_null ? NullStrings::all : NullStrings::some;
    options.split = {.words = a.prompt_words, .tokens = a.prompt_tokens};
    options.seed = a.seed;
    options.samples = a.samples;
    options.tokens = a.tokens;
    options.stop_at_divergence = a.stop_at_divergence;
    options.independent = a.independent;
    options.skip_impossible = a.skip_impossible;
    return options;
}

}  // namespace otherwise::cli
