#include "otherwise/generate/run_counts.h"

#include <algorithm>

#include "otherwise/generate/law_budget.h"

namespace otherwise {

long rows_of(const RunSizes& run, std::size_t string) {
    const StringSizes& size = run.strings[string];
    const long draws = size.observed ? 1 : run.samples;
    const long prompt = size.prompt;
    const long written = size.written;
    const bool drawn = !run.read_only || !size.observed;
    long rows = drawn ? prompt + draws * (written - 1) : 0;
    rows += run.read_only ? draws * (prompt + written - 1) : 0;
    for (const auto& world : run.worlds) {
        if (!world.strings.empty() && !world.strings[string]) {
            continue;
        }
        const long own = world.shares ? 0 : world.prompts[string];
        if (run.read_only) {
            rows += world.shares ? 0 : draws * (own + written - 1);
            continue;
        }
        const long times = run.independent && world.role == WorldRole::change ? 2 : 1;
        rows += times * (own + run.samples * (written - 1));
    }
    return rows;
}

RunCounts count_run(const RunSizes& run) {
    RunCounts counts{.strings = static_cast<long>(run.strings.size()), .rows = run.donor_rows};
    for (std::size_t i = 0; i < run.strings.size(); ++i) {
        if (run.strings[i].observed && !run.read_only) {
            const auto bytes = law_bytes(run.strings[i].written, run.n_vocab);
            counts.longest_law = std::max(counts.longest_law, bytes);
            counts.stored_laws += bytes;
        }
        counts.rows += rows_of(run, i);
    }
    for (const auto& world : run.worlds) {
        if (world.role == WorldRole::change) {
            counts.pairs += run.samples * counts.strings * (run.independent ? 2 : 1);
            continue;
        }
        const auto strings = static_cast<int>(std::ranges::count(world.strings, true));
        counts.pairs += long{run.samples} * strings;
        (world.role == WorldRole::null ? counts.null_strings : counts.nudge_strings) = strings;
    }
    return counts;
}

}  // namespace otherwise
