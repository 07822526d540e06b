// otherwise bench: this engine beside llama.cpp alone, in one process, turn by turn.
#include "cli/bench.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "otherwise/model/model.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

constexpr std::array<const char*, 20> kOpenings{"The old lighthouse keeper said",
                                                "In the spring of 1911",
                                                "Most people who visit Norway",
                                                "The first rule of gardening",
                                                "Scientists at the university have",
                                                "My grandmother always kept a",
                                                "The committee voted to close",
                                                "A good loaf of bread",
                                                "Between the two mountain villages",
                                                "The engine made a strange",
                                                "Her second novel was published",
                                                "Every morning before the market",
                                                "The capital of the province",
                                                "During the long winter months",
                                                "The bridge was built to",
                                                "What surprised the doctors most",
                                                "The museum's oldest painting shows",
                                                "After the storm had passed",
                                                "Children who learn to read",
                                                "The recipe calls for two"};

constexpr const char* kSize = "0.2";  // of the nudge that stands for an edit: most strings change

/// A world with a network of its own that needs no file: the states after the middle block, each
/// value times 1.2 or 0.8. It changes as much as temperature 1.2 does.
std::string default_world(const RunArguments& arguments) {
    const auto model = bench_vocabulary(arguments);  // which has no layers to count
    const auto layers = model->metadata(model->architecture() + ".block_count");
    return fmt::format("moved=nudge:{}@layers={}", kSize, layers ? std::stoi(*layers) / 2 : 0);
}

int bench(BenchArguments arguments) {
    auto& given = arguments.run.given;
    if (given.worlds.empty() && given.loras.empty() && given.scaled_loras.empty() &&
        given.vectors.empty() && given.scaled_vectors.empty()) {
        given.worlds.push_back(default_world(arguments.run));
    }
    if (arguments.long_texts) {
        return bench_long(arguments);
    }
    return arguments.law ? bench_law(arguments) : bench_run(arguments);
}

constexpr std::array<std::pair<CallKind, const char*>, 3> kWork{
    {{CallKind::prompt, "prompts"},
     {CallKind::forced, "teacher-forced"},
     {CallKind::decode, "decoded"}}};

}  // namespace

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

Rates median_rates(const std::vector<Rates>& rounds) {
    Rates rates;
    for (std::size_t i = 0; i < rounds.front().shapes.size(); ++i) {
        std::vector<double> values;
        values.reserve(rounds.size());
        for (const auto& round : rounds) {
            values.push_back(round.shapes[i].rate);
        }
        rates.add({.shape = rounds.front().shapes[i].shape, .rate = median(values)});
    }
    return rates;
}

std::string rates_text(const Rates& rates) {
    std::string text;
    for (const auto& [work, name] : kWork) {
        std::string line;
        for (const auto& [shape, rate] : rates.shapes) {
            if (shape.work == work) {
                line += fmt::format("  {} x {}: {:.0f}", shape.streams, shape.rows, rate);
            }
        }
        text += line.empty() ? "" : fmt::format("  {:<15}{}\n", name, line);
    }
    return text;
}

nlohmann::ordered_json rates_json(const Rates& rates) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& [work, name] : kWork) {
        for (const auto& [shape, rate] : rates.shapes) {
            if (shape.work == work) {
                list.push_back({{"work", name},
                                {"streams", shape.streams},
                                {"rows", shape.rows},
                                {"rows_per_second", rate}});
            }
        }
    }
    return list;
}

std::shared_ptr<const Model> bench_vocabulary(const RunArguments& arguments) {
    auto options = start_kernels(
        {.no_repack = arguments.study.no_repack, .cpu_variant = arguments.work.cpu_variant},
        arguments.study.gpu_layers);
    options.vocabulary_only = true;
    return Model::load(factual_plan(arguments).model, options);
}

std::string bench_text(int first, int words) {
    std::string text;
    for (int at = first; words > 0; ++at) {
        const std::string opening = kOpenings[static_cast<std::size_t>(at) % kOpenings.size()];
        text += (text.empty() ? "" : ". ") + opening;
        words -= static_cast<int>(std::ranges::count(opening, ' ')) + 1;
    }
    return text;
}

std::vector<InputString> bench_strings(const RunArguments& arguments, int otherwise) {
    if (!arguments.study.file.empty() || !arguments.study.prompts.empty()) {
        return strings_of(arguments);
    }
    std::vector<InputString> strings(arguments.study.limit > 0
                                         ? static_cast<std::size_t>(arguments.study.limit)
                                         : static_cast<std::size_t>(otherwise));
    for (std::size_t i = 0; i < strings.size(); ++i) {
        strings[i].id = std::to_string(i + 1);
        strings[i].prompt = kOpenings[i % kOpenings.size()];
    }
    return strings;
}

std::vector<WorldPlan> bench_plans(const BenchArguments& arguments) {
    const auto factual = factual_plan(arguments.run);
    std::vector<WorldPlan> plans;
    for (const auto& world : worlds_of(arguments.run)) {
        plans.push_back(with_interventions(factual, world));
    }
    return plans;
}

std::string bench_worlds_text(const RunArguments& arguments) {
    std::string text;
    for (const auto& world : worlds_of(arguments)) {
        text += fmt::format("world {}\n", describe(world));
    }
    return text;
}

void add_bench(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("bench", "speed of this engine beside llama.cpp alone");
    const auto arguments = std::make_shared<BenchArguments>();
    add_run_options(*command, arguments->run);
    auto* law =
        command
            ->add_flag("--law", arguments->law,
                       "the law of 500 strings instead, beside llama.cpp's teacher-forced passes "
                       "alone")
            ->group("Work");
    command
        ->add_flag("--long", arguments->long_texts,
                   "prompts of 1,200 tokens, apart and sharing a head of 1,000, and a corpus "
                   "instead")
        ->group("Work")
        ->excludes(law);
    command->add_option("--rounds", arguments->rounds, "turns of each, medians are printed")
        ->group("Work")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command->footer(
        "Without -p or -f: 200 built-in openings. Without --world: states after the middle block\n"
        "times 1.2 or 0.8, nudge:0.2@layers=N, which changes most strings.\n\n"
        "Examples:\n  otherwise bench -m model-Q4_0.gguf\n"
        "  otherwise bench -m model-Q4_0.gguf --long\n"
        "  otherwise bench -m model-Q4_0.gguf --law");
    command->callback([arguments, &action] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace otherwise::cli
