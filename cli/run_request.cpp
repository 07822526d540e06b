// What the parsed options of `run` ask for: worlds, strings and the session's options.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <set>
#include <system_error>

#include "cli/run_options.h"
#include "otherwise/base/csv_row.h"
#include "otherwise/base/error.h"
#include "otherwise/study/study_values.h"
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

World edited_world(const WorldArguments& a) {
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

/// The items that every world has: --factual's in place of the study's, and --smooth's where it is
/// not among them.
std::vector<Intervention> factual_of(const RunArguments& a) {
    auto factual = a.given.factual.empty() ? a.study.factual : std::vector<Intervention>{};
    for (const auto& item : a.given.factual) {
        factual.push_back(parse_item(item));
    }
    if (a.given.smooth.empty()) {
        return factual;
    }
    const Intervention smooth = parse_item("weights:" + a.given.smooth);
    for (const auto& item : factual) {
        if (std::holds_alternative<UseWeights>(item) && item != smooth) {
            misuse({.where = "factual_of",
                    .expected = "--smooth or --factual weights:TYPE",
                    .came = "both, " + items_text({smooth}) + " and " + items_text({item})});
        }
    }
    if (std::ranges::find(factual, smooth) == factual.end()) {
        factual.push_back(smooth);
    }
    return factual;
}

void contradiction(bool both, const char* expected, const char* came) {
    if (both) {
        misuse({.where = "check_run_options", .expected = expected, .came = came});
    }
}

}  // namespace

void check_shared_options(const RunArguments& a) {
    const Study& s = a.study;
    const WorldArguments& given = a.given;
    contradiction(!s.prompts.empty() && !s.file.empty(), "-p or -f", "both");
    contradiction(s.prompts.empty() && s.file.empty() && s.strings.empty(),
                  "a prompt (-p TEXT) or a file of prompts (-f FILE)", "neither");
    contradiction(s.file.empty() && s.fields != StringFields{},
                  "-f FILE with --prompt-field, --column, --text-field or --id-field", "no file");
    contradiction(
        !given.vector_layers.empty() && given.vectors.empty() && given.scaled_vectors.empty(),
        "--control-vector with --control-vector-layer-range", "no control vector");
    contradiction(
        given.vector_layers.size() == 2 && given.vector_layers[0] > given.vector_layers[1],
        "a layer range from low to high", "the reverse");
    require_compatible(s);
}

void check_run_options(const RunArguments& a) {
    check_shared_options(a);
    contradiction(a.json && a.jsonl == "-", "--json or --jsonl -", "both on standard output");
    contradiction(a.json && a.dry_run, "--json or --dry-run", "both");
    contradiction(a.json && a.shown > 0, "--json or --show", "both");
    contradiction(a.quiet && a.shown > 0, "--quiet or --show", "both");
    contradiction(!a.out.empty() && !a.resume.empty(), "-o or --resume", "both");
    contradiction(a.out == "-", "-o with a file", "standard output, which --jsonl - can write");
    contradiction(!a.resume.empty() && !a.jsonl.empty(), "--resume or --jsonl",
                  "both (`otherwise export` writes all lines of the run)");
    contradiction(!a.shard.empty() && a.out.empty(), "-o with --shard", "--shard alone");
    contradiction(!a.moved.empty() && a.resume.empty(), "--resume with --moved", "--moved alone");
    contradiction(!a.study.laws && a.out.empty() && a.resume.empty() && a.save_study.empty(),
                  "-o with --no-law", "--no-law alone");
}

std::vector<World> worlds_of(const RunArguments& a) {
    std::vector<World> worlds = a.study.worlds;
    std::set<std::string> names;
    const auto put = [&](World world) {
        const auto same = std::ranges::find(worlds, world.name, &World::name);
        if (same == worlds.end()) {
            worlds.push_back(std::move(world));
        } else {
            *same = std::move(world);
        }
    };
    for (const auto& text : a.given.worlds) {
        World world = parse_world(text);
        if (!names.insert(world.name).second) {
            misuse({.where = "worlds_of",
                    .expected = "a name for each world",
                    .came = "'" + world.name + "' twice"});
        }
        put(std::move(world));
    }
    if (World edited = edited_world(a.given); !edited.interventions.empty()) {
        put(std::move(edited));
    }
    if (worlds.empty() && a.study.null_strings != FloorStrings::all &&
        a.study.nudge_strings != FloorStrings::all) {
        misuse({.where = "worlds_of",
                .expected = "a world to compare with (--world NAME=ITEM)",
                .came = "none",
                .advice = "try --world hot=temp:1.5, or --null or --nudge for a floor alone"});
    }
    return worlds;
}

Study study_of(const RunArguments& arguments) {
    Study study = arguments.study;
    study.worlds = worlds_of(arguments);
    study.factual = factual_of(arguments);
    return study;
}

std::vector<InputString> strings_of(const RunArguments& arguments) {
    return strings_of(arguments.study, &std::cin);
}

WorldPlan factual_plan(const RunArguments& arguments) {
    Study study = arguments.study;
    study.worlds.clear();
    study.factual = factual_of(arguments);
    return plans_of(study, arguments.work).factual;
}

std::vector<std::string> models_of(const std::vector<WorldPlan>& plans) {
    std::vector<std::string> models;
    models.reserve(plans.size());
    for (const auto& plan : plans) {
        models.push_back(plan.model);
    }
    return models;
}

SessionOptions session_options(const RunArguments& arguments) {
    (void)start_kernels({.cpu_variant = arguments.work.cpu_variant});
    return session_options(arguments.study, arguments.work);
}

void check_output(const RunArguments& arguments, const std::vector<WorldPlan>& plans,
                  const std::vector<std::string>& more) {
    std::vector<std::string> inputs = more;
    if (!arguments.study.file.empty() && arguments.study.file != "-") {
        inputs.push_back(arguments.study.file);
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
