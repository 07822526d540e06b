// otherwise check: whether a run keeps its limits; for continuous integration.
#include <fmt/core.h>

#include <cmath>
#include <memory>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "otherwise/api/run_files.h"

namespace otherwise::cli {
namespace {

struct CheckArguments {
    std::string run;
    double max_changed = 0.0;
    double min_expected_lcp = 0.0;
    std::vector<std::string> worlds;
    bool floor = false;
    bool over_nudge = false;
    bool force = false;
    bool quiet = false;
};

Limits limits_of(const CheckArguments& a, const CLI::App& command) {
    Limits limits{.over_nudge = a.over_nudge, .floor = a.floor, .worlds = a.worlds};
    if (command.count("--max-changed") > 0) {
        limits.max_changed = a.max_changed;
    }
    if (command.count("--min-expected-lcp") > 0) {
        limits.min_expected_lcp = a.min_expected_lcp;
    }
    return limits;
}

int check_file(const CheckArguments& arguments, const CLI::App& command) {
    const auto verdicts = check(arguments.run, limits_of(arguments, command), arguments.force);
    for (const auto& verdict : verdicts) {
        if (!arguments.quiet) {
            Output("-").show(fmt::format("{}  {}: {}\n", verdict.kept ? "kept  " : "broken",
                                         verdict.expected, verdict.came));
        }
    }
    require_kept(verdicts);
    return 0;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
    auto* command =
        app.add_subcommand("check", "whether a run file keeps limits; exit 1 where it does not");
    const auto a = std::make_shared<CheckArguments>();
    command->add_option("RUN", a->run, "a finished run file, or a folder of shards")->required();
    real(command->add_option("--max-changed", a->max_changed,
                             "share of strings that may change in a world, 0 to 1"),
         0.0, 1.0);
    real(command->add_option("--min-expected-lcp", a->min_expected_lcp,
                             "tokens that the strings of a world keep at least, by the exact law"),
         0.0, HUGE_VAL);
    command->add_flag("--over-nudge", a->over_nudge,
                      "with --max-changed: count only what changes more strings than rounding "
                      "alone, the nudge, does");
    command->add_flag("--floor", a->floor, "the null world must change nothing");
    command->add_option("--world", a->worlds, "check this world only; repeatable [all]")
        ->type_name("NAME")
        ->allow_extra_args(false);
    add_force_option(*command, a->force);
    command->add_flag("-q,--quiet", a->quiet, "print the first broken limit only");
    command->footer(
        "Examples:\n  otherwise check run.db --max-changed 0.1 --min-expected-lcp 20 --floor\n"
        "  otherwise check run.db --max-changed 0.05 --over-nudge");
    command->callback(
        [a, command, &action] { action = [a, command] { return check_file(*a, *command); }; });
}

}  // namespace otherwise::cli
