#include "cli/targets.h"

namespace otherwise::cli {

void add_target_options(CLI::App& app, TargetArguments& arguments) {
    add_target_options(app, arguments.targets, arguments.off_targets);
}

void add_target_options(CLI::App& app, std::vector<std::string>& targets,
                        std::vector<std::string>& off_targets) {
    const auto add = [&](const char* name, std::vector<std::string>& to, const char* text) {
        app.add_option(name, to, text)
            ->type_name("REGEX")
            ->group("Measures")
            ->allow_extra_args(false);
    };
    add("--target", targets, "count the texts that this matches, as RE2 reads it; repeatable");
    add("--off-target", off_targets, "the same for what should not change; repeatable");
}

std::vector<Target> targets_of(const TargetArguments& arguments) {
    return compile_targets(arguments.targets, arguments.off_targets);
}

}  // namespace otherwise::cli
