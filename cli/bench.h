// What the measurements of `otherwise bench` share.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/run_options.h"
#include "otherwise/generate/rates.h"

namespace otherwise::cli {

struct BenchArguments {
    RunArguments run;
    int rounds = 5;
    bool law = false;
    bool long_texts = false;
};

/// Strings beside llama.cpp alone. These return the exit code.
[[nodiscard]] int bench_run(const BenchArguments& arguments);
/// --law: the law of many strings.
[[nodiscard]] int bench_law(const BenchArguments& arguments);
/// --long: prompts of 1,200 tokens and a corpus.
[[nodiscard]] int bench_long(const BenchArguments& arguments);

/// The strings of -p or -f, else built-in openings, `otherwise` of them or as --limit says.
[[nodiscard]] std::vector<InputString> bench_strings(const RunArguments& arguments, int otherwise);

/// The factual model without its weights.
[[nodiscard]] std::shared_ptr<const Model> bench_vocabulary(const RunArguments& arguments);

/// `words` of the built-in openings one after another, from the opening number `first` on.
[[nodiscard]] std::string bench_text(int first, int words);

/// The worlds beside the factual one.
[[nodiscard]] std::vector<WorldPlan> bench_plans(const BenchArguments& arguments);

/// "world moved: …", a line for each world.
[[nodiscard]] std::string bench_worlds_text(const RunArguments& arguments);

/// The middle value, of an even number the upper middle.
[[nodiscard]] double median(std::vector<double> values);

/// Medians by shape, over the rounds, and the best of these.
[[nodiscard]] Rates median_rates(const std::vector<Rates>& rounds);

/// The rates by shape: a line for each kind of work.
[[nodiscard]] std::string rates_text(const Rates& rates);
[[nodiscard]] nlohmann::ordered_json rates_json(const Rates& rates);

}  // namespace otherwise::cli
