// Whole runs on real models, for the tests of exactness: prompts in, pairs and JSON lines out.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/generate/jsonl.h"
#include "otherwise/generate/session.h"
#include "otherwise/generate/strings.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/world/plan.h"
#include "tests/support/models.h"

namespace otherwise::test {

/// The first `count` prompts of tests/data/prompts.txt; their ids are line numbers.
inline std::vector<InputString> short_prompts(int count) {
    const std::string path = std::string(OTHERWISE_SOURCE_DIR) + "/tests/data/prompts.txt";
    std::ifstream file(path);
    return read_strings(file, path, {.limit = count});
}

/// A prompt of exactly `n_tokens` tokens: `number` chooses where in a round of our prompts it
/// starts.
inline InputString long_prompt(const Model& model, int number, int n_tokens) {
    const auto prompts = short_prompts(100);
    Tokens tokens;
    if (model.bos() >= 0) {
        tokens.push_back(model.bos());
    }
    for (std::size_t i = 0; static_cast<int>(tokens.size()) < n_tokens; ++i) {
        const auto& prompt =
            *prompts[(static_cast<std::size_t>(number) * 7 + i) % prompts.size()].prompt;
        const auto more = model.tokenize(prompt + " something else. ", false, false);
        tokens.insert(tokens.end(), more.begin(), more.end());
    }
    tokens.resize(static_cast<std::size_t>(n_tokens));
    return {.id = "long-" + std::to_string(number) + "-" + std::to_string(n_tokens),
            .prompt = std::nullopt,
            .prompt_tokens = std::move(tokens),
            .text = std::nullopt,
            .tokens = std::nullopt};
}

inline WorldPlan plan_of(const std::filesystem::path& model) {
    WorldPlan plan;
    plan.model = model.string();
    return plan;
}

inline WorldPlan world_of(const WorldPlan& factual, const std::string& name,
                          std::vector<Intervention> interventions) {
    return with_interventions(factual, {.name = name, .interventions = std::move(interventions)});
}

/// Two, or $OTHERWISE_TEST_THREADS. llama.cpp's threads wait for each other by spinning, so on a
/// machine that is busy with other work one is much faster than two.
inline int threads() {
    const auto wanted = environment("OTHERWISE_TEST_THREADS");
    return wanted.empty() ? 2 : std::stoi(wanted);
}

/// The null world on all strings.
inline SessionOptions session_options(int tokens, int samples, std::uint64_t seed = 1) {
    SessionOptions options;
    options.open.threads = threads();
    options.parallel = 48;
    options.memory = std::size_t{8} << 30U;
    options.null_strings = FloorStrings::all;
    options.tokens = tokens;
    options.samples = samples;
    options.seed = seed;
    return options;
}

/// What a run yields.
struct Outcome {
    std::vector<Pair> pairs;         ///< in their order
    std::vector<std::string> lines;  ///< JSON lines of the same
    RunOutcome report;
    std::vector<std::string> warnings;  ///< of the verdict
    std::vector<WorldProbe> probes;
    std::vector<std::string> notes;  ///< lines for people
    std::vector<Subject> subjects;
    int least_rows = 0;    ///< of a call, found by the probe
    bool repacked = true;  ///< weights, as the probe left it
    FixedCalls fixed{};    ///< the one shape of all calls, where that was the remedy
    bool tiled = false;    ///< long prompts went through the tiled kernel

    [[nodiscard]] std::vector<Pair> of_world(int world, bool independent = false) const {
        std::vector<Pair> found;
        std::ranges::copy_if(pairs, std::back_inserter(found), [&](const Pair& pair) {
            return pair.world == world && pair.independent == independent;
        });
        return found;
    }
    /// Pairs of the world whose strings differ.
    [[nodiscard]] int divergences(int world) const {
        return static_cast<int>(
            std::ranges::count_if(of_world(world), [](const Pair& p) { return !p.unchanged(); }));
    }
};

inline std::string json_line(const Session& session, const Pair& pair) {
    const auto& subject = session.subjects()[static_cast<std::size_t>(pair.string)];
    const Model& model = session.model();
    PairContext context;
    context.id = subject.id;
    context.world = session.world_names()[static_cast<std::size_t>(pair.world)];
    context.prompt = subject.prompt;
    if (subject.from_tokens) {
        context.prompt_tokens = subject.prompt_tokens;
    }
    context.text = [&](std::span<const Token> tokens) { return model.text(tokens); };
    context.ends = [&](Token token) { return model.ends(token); };
    context.prompt_text = [&](std::span<const Token> tokens) { return model.text(tokens, true); };
    return to_jsonl(pair, context);
}

/// Opens and runs; the last world of the outcome is the null world.
inline Outcome run(const WorldPlan& factual, const std::vector<WorldPlan>& worlds,
                   const std::vector<InputString>& strings, const SessionOptions& options) {
    Outcome outcome;
    Session session(factual, worlds, strings, options,
                    [&](const std::string& line) { outcome.notes.push_back(line); });
    RunCallbacks callbacks;
    callbacks.on_pair = [&](const Pair& pair) {
        outcome.pairs.push_back(pair);
        outcome.lines.push_back(json_line(session, pair));
    };
    outcome.report = session.run(callbacks);
    outcome.warnings = session.verdict(outcome.report);
    outcome.probes = session.probes();
    outcome.subjects = session.subjects();
    outcome.least_rows = session.least_rows();
    outcome.fixed = session.fixed_calls();
    outcome.repacked = session.repacked();
    outcome.tiled = session.tiled();
    return outcome;
}

/// A control vector for layers first … last with random directions of the given length.
inline void write_vector(const std::filesystem::path& path, int width, int first, int last,
                         float length, std::uint64_t seed = 5) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal(0.0F, length / std::sqrt(static_cast<float>(width)));
    ControlVector vector{.path = "", .model_hint = "llama", .width = width};
    for (int layer = first; layer <= last; ++layer) {
        auto& direction = vector.directions[layer];
        for (int i = 0; i < width; ++i) {
            direction.push_back(normal(random));
        }
    }
    save_control_vector(vector, path);
}

}  // namespace otherwise::test
