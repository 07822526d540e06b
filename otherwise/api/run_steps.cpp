#include "otherwise/api/run_steps.h"

#include <vector>

#include "otherwise/study/conduct.h"
#include "otherwise/study/run_reader.h"

namespace otherwise {
namespace {

constexpr long kMeasuredAgain = 2000;  // pairs: half a second

/// Counts the pairs of strings that were done before; measures them too where they are few.
void add_earlier(const std::string& path, const std::vector<bool>& earlier, RunTotals& totals) {
    const RunReader run(path);
    const bool few = run.pair_count() <= kMeasuredAgain;
    run.each_pair([&](const Pair& pair) {
        if (!earlier[static_cast<std::size_t>(pair.string)]) {
            return;
        }
        if (few) {
            totals.add(pair);
        } else {
            totals.count(pair);
        }
    });
}

}  // namespace

RunCallbacks counting(const RunCallbacks& callbacks, RunTotals& totals) {
    RunCallbacks both = callbacks;
    both.on_pair = [&totals, take = callbacks.on_pair](const Pair& pair) {
        totals.add(pair);
        if (take) {
            take(pair);
        }
    };
    return both;
}

void put_outcome(const RunOutcome& outcome, RunResult& result) {
    result.cancelled = outcome.cancelled;
    result.strings = outcome.strings;
    result.skipped = outcome.skipped;
    auto& effort = result.effort.emplace();
    effort.pairs = outcome.pairs;
    effort.seconds = outcome.seconds;
    effort.backend = outcome.backend;
    effort.factual = outcome.factual;
    effort.worlds = outcome.worlds;
}

RunOutcome run_into(const Scene& scene, const std::string& path, RunWriter& writer,
                    const RunCallbacks& callbacks, RunTotals& totals, RunResult& result) {
    std::vector<bool> earlier;
    for (const auto& string : writer.head().strings) {
        earlier.push_back(string.state != StringState::waiting);
    }
    const auto report = conduct(scene, path, writer, callbacks);
    add_earlier(path, earlier, totals);
    put_outcome(report.run, result);
    result.cancelled = report.cancelled;
    result.strings_before = report.strings_before;
    result.strings += report.strings_before;
    result.effort->law_strings = report.laws.strings;
    result.effort->law_seconds = report.laws.seconds;
    result.effort->store_seconds = writer.store_seconds();
    RunOutcome all = report.run;
    all.cancelled = report.cancelled;
    return all;
}

void require_some(const RunOutcome& outcome, RunResult& result) {
    if (!outcome.cancelled && !outcome.skipped.empty() && outcome.pairs == 0) {
        result.fault = {
            .complaint = {
                .where = "run",
                .expected = "at least one observed string that the factual mechanism can write",
                .came = "none"}};
    }
}

}  // namespace otherwise
