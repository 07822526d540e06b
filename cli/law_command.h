// What the ways of `otherwise law` share: progress, and what is said at the end.
#pragma once

#include <string>
#include <vector>

#include "cli/law_options.h"
#include "cli/progress.h"

namespace otherwise::cli {

/// --sweep: the law along a dose. These return the exit code.
[[nodiscard]] int print_sweep(const LawArguments& arguments, OpenedLaw& opened);
/// --threshold: the smallest strength that changes each string.
[[nodiscard]] int print_threshold(const LawArguments& arguments, OpenedLaw& opened);
/// --law-at: one token.
[[nodiscard]] int print_token(const LawArguments& arguments, OpenedLaw& opened);

[[nodiscard]] Progress::Options progress_options(const LawArguments& arguments,
                                                 const std::string& unit);

/// The events of a call that draws this line and ends by Ctrl-C.
[[nodiscard]] LawEvents events_of(Progress& progress,
                                  std::function<void(const StringLaw&)> on_string = {});

/// Says on stderr what was skipped or interrupted; the exit code. Throws Error like require_laws.
[[nodiscard]] int closing_lines(const LawArguments& arguments, const OpenedLaw& opened,
                                const LawOutcome& report);

}  // namespace otherwise::cli
