// The ways `otherwise law` can be asked, each from options to output; they return the exit code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/law_options.h"
#include "cli/progress.h"
#include "otherwise/measure/law.h"
#include "otherwise/measure/measured_json.h"
#include "otherwise/measure/statistics.h"

namespace otherwise::cli {

/// Tables of all worlds.
[[nodiscard]] int law_tables(const LawArguments& arguments);
/// --law-at: one token.
[[nodiscard]] int law_of_token(const LawArguments& arguments);
/// --sweep: the law along a dose.
[[nodiscard]] int law_sweep(const LawArguments& arguments);
/// --threshold: the smallest strength that changes each string.
[[nodiscard]] int law_threshold(const LawArguments& arguments);

/// Which floors run, as they were asked for.
enum class Floors : std::uint8_t { none, nudges, all };

/// The session of these worlds, its notes printed, interrupts caught.
[[nodiscard]] std::unique_ptr<Session> open_session(const LawArguments& arguments,
                                                    const std::vector<World>& worlds,
                                                    const std::vector<InputString>& strings,
                                                    Floors floors);

/// P(--target-text | prompt) in each world of the scene, the factual one first; empty when none was
/// asked for, or when it was interrupted, which the report says then.
[[nodiscard]] std::vector<Measured> target_rates(const LawArguments& arguments,
                                                 const Session& session, const Scene& scene,
                                                 LawReport& report);

[[nodiscard]] Progress::Options progress_options(const LawArguments& arguments,
                                                 const std::string& unit);

/// Runs the laws with a progress line.
[[nodiscard]] LawReport run_with_progress(const LawArguments& arguments, const Scene& scene,
                                          const LawOptions& options,
                                          const std::function<void(const StringLaw&)>& on_string);

/// Says on stderr what was skipped or interrupted; the exit code. Throws Error where a world's do
/// lies beyond all strings.
[[nodiscard]] int closing_lines(const LawArguments& arguments, const Session& session,
                                const LawReport& report);

}  // namespace otherwise::cli
