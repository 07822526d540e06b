// Limits that a run has to keep, for use in continuous integration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "otherwise/measure/statistics.h"

namespace otherwise {

class StoredRun;

struct Limits {
    std::optional<double> max_changed{};       ///< share of pairs that are not unchanged, 0 to 1
    std::optional<double> min_expected_lcp{};  ///< tokens, mean over the exact laws
    bool over_nudge = false;                   ///< max_changed counts what is more than the nudge's
    bool floor = false;                        ///< the null world changes nothing
    std::vector<std::string> worlds{};         ///< empty: all but the floors
};

/// One limit in one world.
struct Verdict {
    std::string world;
    std::string what;  ///< "changed", "changed beyond rounding", "expected LCP", "floor"
    Measured value;    ///< a share, tokens
    double limit = 0.0;
    bool kept = false;
    /// As Complaint takes them: "at most 10 % of the strings of world 'w' changed", "35 %, 7 of
    /// 20".
    std::string expected;
    std::string came;
};

/// Throws misuse without a limit or for a world that the run does not have; Error for a run that
/// is not finished, has no laws of a world where they are asked for, no null world, or no nudge
/// beside a world that is checked over it.
[[nodiscard]] std::vector<Verdict> check_run(const StoredRun& run, const Limits& limits);

}  // namespace otherwise
