// What the measurements of `otherwise bench` share.
#pragma once

#include <vector>

#include "cli/run_options.h"
#include "otherwise/generate/rates.h"

namespace otherwise::cli {

struct BenchArguments {
    RunArguments run;
    int rounds = 5;
    bool law = false;
};

/// --law: the law of many strings beside llama.cpp alone. Returns the exit code.
[[nodiscard]] int bench_law(const BenchArguments& arguments);

/// The strings of -p or -f, else built-in openings, `otherwise` of them or as --limit says.
[[nodiscard]] std::vector<InputString> bench_strings(const RunArguments& arguments, int otherwise);

/// The middle value, of an even number the upper middle.
[[nodiscard]] double median(std::vector<double> values);

[[nodiscard]] Rates mean(const Rates& a, const Rates& b);

}  // namespace otherwise::cli
