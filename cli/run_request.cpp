// What the parsed options of `run` ask for: worlds, strings and the session's options.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <system_error>

#include "cli/run_options.h"
#include "otherwise/base/csv_row.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/world/edits.h"
#include "otherwise/world/spec.h"
#include "otherwise/world/syntax.h"

namespace otherwise::cli {
namespace {

/// FILE:SCALE as llama.cpp reads it: the scale after the last colon.
std::pair<std::string, float> scaled(const std::string& text, const char* flag) {
    const auto colon = text.rfind(':');
    if (colon != std::string::npos && colon > 0) {
        const auto scale = read_number<float>(std::string_view(text).substr(colon + 1));
        if (scale && std::isfinite(*scale)) {
            return {text.substr(0, colon), *scale};
        }
    }
    misuse({.where = "worlds_of",
            .expected = std::string(flag) + " FILE:SCALE, the scale a finite number",
            .came = "'" + text + "'"});
}

/// A,B,C as llama.cpp reads its lists of files, unless a file has the whole name (which with
/// `has_scale` ends at the last colon).
std::vector<std::string> listed(const std::vector<std::string>& texts, const char* flag,
                                bool has_scale) {
    std::vector<std::string> all;
    for (const auto& text : texts) {
        std::error_code ignored;
        const auto name = has_scale ? text.substr(0, text.rfind(':')) : text;
        if (text.find(',') == std::string::npos || std::filesystem::exists(name, ignored)) {
            all.push_back(text);
            continue;
        }
        std::string row = text;  // quotes hold commas, as in llama.cpp
        std::vector<std::optional<std::string_view>> parts;
        const auto fault = split_csv(row.data(), row.size(), ',', parts);
        for (const auto& part : parts) {
            if (!fault.empty() || !part || part->empty()) {
                misuse({.where = "worlds_of",
                        .expected = std::string(flag) + " with a file between its commas",
                        .came = "'" + text + "'"});
            }
            all.emplace_back(*part);
        }
    }
    return all;
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
    for (const auto& path : listed(a.loras, "--lora", false)) {
        lora(path, 1.0F);
    }
    for (const auto& text : listed(a.scaled_loras, "--lora-scaled", true)) {
        const auto [path, scale] = scaled(text, "--lora-scaled");
        lora(path, scale);
    }
    for (const auto& path : listed(a.vectors, "--control-vector", false)) {
        vector(path, 1.0F);
    }
    for (const auto& text : listed(a.scaled_vectors, "--control-vector-scaled", true)) {
        const auto [path, scale] = scaled(text, "--control-vector-scaled");
        vector(path, scale);
    }
    return world;
}

/// The files that the worlds read.
std::vector<std::string> files_of(const WorldPlan& plan) {
    std::vector<std::string> files = {plan.model};
    for (const auto& lora : plan.loras) {
        files.push_back(lora.path);
    }
    for (const auto& edit : plan.edits) {
        if (auto file = file_of(edit); !file.empty()) {
            files.push_back(std::move(file));
        }
    }
    return files;
}

void contradiction(bool both, const char* expected, const char* came) {
    if (both) {
        misuse({.where = "check_run_options", .expected = expected, .came = came});
    }
}

}  // namespace

void check_shared_options(const RunArguments& a) {
    contradiction(!a.prompts.empty() && !a.file.empty(), "-p or -f", "both");
    contradiction(a.prompts.empty() && a.file.empty() && a.strings.empty(),
                  "a prompt (-p TEXT) or a file of prompts (-f FILE)", "neither");
    contradiction(a.prompt_words > 0 && a.prompt_tokens > 0, "--prompt-words or --prompt-tokens",
                  "both");
    contradiction(a.file.empty() && a.fields != StringFields{},
                  "-f FILE with --prompt-field, --column, --text-field or --id-field", "no file");
    contradiction(!a.vector_layers.empty() && a.vectors.empty() && a.scaled_vectors.empty(),
                  "--control-vector with --control-vector-layer-range", "no control vector");
    contradiction(a.vector_layers.size() == 2 && a.vector_layers[0] > a.vector_layers[1],
                  "a layer range from low to high", "the reverse");
    contradiction(a.prompt_words + a.prompt_tokens > 0 && a.model.chat.use, "--chat with prompts",
                  "--chat with whole texts to split");
}

void check_run_options(const RunArguments& a) {
    check_shared_options(a);
    contradiction(a.json && a.jsonl == "-", "--json or --jsonl -", "both on standard output");
    contradiction(a.stop_at_divergence && a.independent, "--stop-at-divergence or --independent",
                  "both (fresh noise divides the strings at once)");
    contradiction(a.json && a.dry_run, "--json or --dry-run", "both");
    contradiction(a.json && a.shown > 0, "--json or --show", "both");
    contradiction(a.quiet && a.shown > 0, "--quiet or --show", "both");
    contradiction(!a.out.empty() && !a.resume.empty(), "-o or --resume", "both");
    contradiction(a.out == "-", "-o with a file", "standard output, which --jsonl - can write");
    contradiction(!a.resume.empty() && !a.jsonl.empty(), "--resume or --jsonl",
                  "both (`otherwise export` writes all lines of the run)");
    contradiction(!a.shard.empty() && a.out.empty(), "-o with --shard", "--shard alone");
    contradiction(!a.moved.empty() && a.resume.empty(), "--resume with --moved", "--moved alone");
    contradiction(a.no_law && a.out.empty() && a.resume.empty() && a.save_study.empty(),
                  "-o with --no-law", "--no-law alone");
}

std::vector<World> worlds_of(const RunArguments& arguments) {
    std::vector<World> worlds = arguments.study_worlds;
    std::set<std::string> names;
    const auto put = [&](World world) {
        const auto same = std::ranges::find(worlds, world.name, &World::name);
        if (same == worlds.end()) {
            worlds.push_back(std::move(world));
        } else {
            *same = std::move(world);
        }
    };
    for (const auto& text : arguments.worlds) {
        World world = parse_world(text);
        if (!names.insert(world.name).second) {
            misuse({.where = "worlds_of",
                    .expected = "a name for each world",
                    .came = "'" + world.name + "' twice"});
        }
        put(std::move(world));
    }
    if (World edited = edited_world(arguments); !edited.interventions.empty()) {
        put(std::move(edited));
    }
    if (worlds.empty() && !arguments.all_null && !arguments.all_nudge) {
        misuse({.where = "worlds_of",
                .expected = "a world to compare with (--world NAME=ITEM)",
                .came = "none",
                .advice = "try --world hot=temp:1.5, or --null or --nudge for a floor alone"});
    }
    return worlds;
}

std::vector<InputString> strings_of(const RunArguments& arguments) {
    if (!arguments.strings.empty()) {
        auto strings = arguments.strings;
        if (arguments.limit > 0 && static_cast<std::size_t>(arguments.limit) < strings.size()) {
            strings.resize(static_cast<std::size_t>(arguments.limit));
        }
        return strings;
    }
    if (arguments.file.empty()) {
        std::vector<InputString> strings;
        for (std::size_t i = 0; i < arguments.prompts.size(); ++i) {
            InputString string;
            string.id = std::to_string(i + 1);
            string.prompt = arguments.prompts[i];
            if (!is_utf8(*string.prompt)) {
                fail({.where = "strings_of",
                      .expected = "a prompt in UTF-8",
                      .came = "other bytes in -p number " + string.id});
            }
            strings.push_back(std::move(string));
        }
        if (arguments.limit > 0 && static_cast<std::size_t>(arguments.limit) < strings.size()) {
            strings.resize(static_cast<std::size_t>(arguments.limit));
        }
        return strings;
    }
    const ReadOptions options{.limit = arguments.limit,
                              .fields = arguments.fields,
                              .chat = arguments.model.chat.use,
                              .whole_texts = arguments.prompt_words + arguments.prompt_tokens > 0};
    if (arguments.file == "-") {
        return read_strings(std::cin, "standard input", options);
    }
    std::ifstream file = open_input(arguments.file, "a file of prompts");
    return read_strings(file, arguments.file, options);
}

bool is_written(WorldRole role, const RunArguments& arguments) {
    return role == WorldRole::change ||
           (role == WorldRole::null ? arguments.all_null : arguments.all_nudge);
}

std::vector<std::string> models_of(const std::vector<WorldPlan>& plans) {
    std::vector<std::string> models;
    models.reserve(plans.size());
    for (const auto& plan : plans) {
        models.push_back(plan.model);
    }
    return models;
}

SessionOptions session_options(const RunArguments& a) {
    SessionOptions options;
    options.open = {.model = start_kernels(a.model.kernels, a.model.gpu_layers),
                    .strict_vocabulary = a.vocabulary == "strict",
                    .threads = thread_count(a.model.threads),
                    .force = a.force};
    options.context = a.model.context;
    options.parallel = a.parallel;
    options.max_rows = a.model.max_rows;
    options.memory = a.memory;
    options.fast = a.fast;
    options.costs = std::filesystem::path(cache_folder()) / "calls";
    options.null_strings = a.all_null ? FloorStrings::all : FloorStrings::some;
    if (a.no_null) {
        options.null_strings = FloorStrings::none;
    }
    options.nudge_strings = a.all_nudge ? FloorStrings::all : FloorStrings::some;
    if (a.no_nudge) {
        options.nudge_strings = FloorStrings::none;
    }
    options.split = {.words = a.prompt_words, .tokens = a.prompt_tokens};
    options.seed = a.seed;
    options.samples = a.samples;
    options.tokens = a.tokens;
    options.stop_at_divergence = a.stop_at_divergence;
    options.independent = a.independent;
    options.skip_impossible = a.skip_impossible;
    return options;
}

void check_output(const RunArguments& arguments, const std::vector<WorldPlan>& plans,
                  const std::vector<std::string>& more) {
    std::vector<std::string> inputs = more;
    if (!arguments.file.empty() && arguments.file != "-") {
        inputs.push_back(arguments.file);
    }
    for (const auto& plan : plans) {
        const auto files = files_of(plan);
        inputs.insert(inputs.end(), files.begin(), files.end());
    }
    for (const auto& input : inputs) {
        std::error_code different;
        if (!arguments.jsonl.empty() && arguments.jsonl != "-" &&
            std::filesystem::equivalent(input, arguments.jsonl, different)) {
            misuse({.where = "check_output",
                    .expected = "--jsonl with a file of its own",
                    .came = "'" + arguments.jsonl + "', which is read"});
        }
    }
}

}  // namespace otherwise::cli
