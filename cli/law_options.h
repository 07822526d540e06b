// The command line of `otherwise law`, parsed.
#pragma once

#include <optional>
#include <string>

#include "cli/run_options.h"
#include "otherwise/world/dose.h"

namespace otherwise::cli {

struct LawArguments {
    RunArguments run;
    std::string corpus;
    std::optional<std::string> target;
    std::string law_at;
    std::string sweep;
    std::string threshold;
    int top = 20;
    int halvings = 8;
    bool agreement = false;
    bool tokens = false;
};

void add_law_options(CLI::App& app, LawArguments& arguments);

/// Throws misuse where options contradict each other.
void check_law_options(const LawArguments& arguments);

/// The strings of -p, -f or --corpus.
[[nodiscard]] std::vector<InputString> law_strings(const LawArguments& arguments);

/// What --law-at names.
struct TokenSite {
    std::string string;  ///< id
    int sample = 0;
    int position = 0;  ///< of the written token, from 0
};
[[nodiscard]] TokenSite parse_site(const std::string& text);

/// The one string that the site names, by its id, or by its id and "#SAMPLE", which goes to the
/// site. Throws misuse when there is none.
[[nodiscard]] std::vector<InputString> choose_string(const std::vector<InputString>& strings,
                                                     TokenSite& site);

/// What --threshold varies: "steer.scale" from 0 to the scale given, or "steer.scale=LOW:HIGH".
struct ThresholdRequest {
    ScaleSite site;
    double low = 0.0;
    double high = 1.0;
};
[[nodiscard]] ThresholdRequest parse_threshold(const std::string& text,
                                               const std::vector<World>& worlds);

}  // namespace otherwise::cli
