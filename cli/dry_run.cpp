#include "cli/dry_run.h"

#include <fmt/core.h>

#include <string>

#include "cli/output.h"
#include "cli/progress.h"
#include "otherwise/base/megabytes.h"

namespace otherwise::cli {
namespace {

void print_plan(const Session& session, const std::vector<World>& worlds) {
    const Estimate& e = session.estimate();
    std::string text = fmt::format("factual   {} ({}, {})\n", session.model().path().string(),
                                   session.model().architecture(), session.model().quantization());
    for (const auto& world : worlds) {
        text += fmt::format("world     {}\n", describe(world));
    }
    if (e.null_strings > 0) {
        text += fmt::format("null      the factual world again, on {} strings\n", e.null_strings);
    }
    if (e.nudge_strings > 0) {
        text += fmt::format("nudge     a change of no meaning, on {} strings\n", e.nudge_strings);
    }
    text += fmt::format("strings   {}, in {} pairs; at most {} rows to evaluate\n", e.strings,
                        e.pairs, e.rows);
    text += fmt::format("streams   {} at once, {} tokens each, at most {} rows a call ({})\n",
                        e.memory.parallel, e.stream_length, e.memory.max_rows, e.shape_reason);
    text +=
        fmt::format("memory    {:.0f} MB of contexts, {:.0f} MB of weights{}; budget {:.0f} MB\n",
                    megabytes(e.memory.contexts), megabytes(e.model_bytes),
                    e.donor_states == 0
                        ? ""
                        : fmt::format(", {:.0f} MB of donors' states", megabytes(e.donor_states)),
                    megabytes(e.budget));
    Output("-").show(text);
}

/// Seconds that the rows will take, from a short measurement with the factual model.
void print_time(Session& session) {
    const double rate = session.forced_rate();
    Output("-").show(fmt::format("time      about {} at {:.0f} rows a second\n",
                                 duration_text(static_cast<double>(session.estimate().rows) / rate),
                                 rate));
}

}  // namespace

void print_dry_run(Session& session, const std::vector<World>& worlds) {
    print_plan(session, worlds);
    print_time(session);
}

}  // namespace otherwise::cli
