#include "cli/law_command.h"

#include <fmt/core.h>

#include <utility>

#include "cli/output.h"

namespace otherwise::cli {

Progress::Options progress_options(const LawArguments& arguments, const std::string& unit) {
    Progress::Options options;
    options.unit = unit;
    if (arguments.run.quiet) {
        options.visible = false;
    }
    return options;
}

LawEvents events_of(Progress& progress, std::function<void(const StringLaw&)> on_string) {
    return {.on_string =
                [&progress, show = std::move(on_string)](const StringLaw& law) {
                    progress.clear();
                    if (show) {
                        show(law);
                    }
                },
            .on_progress = [&progress](long done, long total) { progress.update(done, total); },
            .cancelled = interrupted};
}

int closing_lines(const LawArguments& arguments, const OpenedLaw& opened,
                  const LawOutcome& report) {
    for (const auto& id : report.skipped) {
        say(fmt::format("otherwise: skipped string '{}': the factual world cannot write it", id));
    }
    if (report.cancelled) {
        say(fmt::format("otherwise: interrupted: {} of {} strings are done", report.strings,
                        opened.session().subjects().size()));
        return 1;
    }
    require_laws(opened, report);
    if (!arguments.run.quiet) {
        say(fmt::format("{} strings in {:.1f} s; {:.1f} % of the time outside llama.cpp{}",
                        report.strings, report.seconds,
                        100.0 * (1.0 - report.backend.all / report.seconds),
                        hooks_text(report.backend)));
    }
    return 0;
}

}  // namespace otherwise::cli
