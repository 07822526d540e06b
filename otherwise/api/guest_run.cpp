// Run and law_table of guest.h.
#include <algorithm>
#include <memory>
#include <utility>

#include "otherwise/api/guest.h"
#include "otherwise/api/guest_head.h"
#include "otherwise/api/run_steps.h"
#include "otherwise/base/error.h"
#include "otherwise/generate/run.h"
#include "otherwise/measure/law.h"
#include "otherwise/measure/world_measures.h"
#include "otherwise/study/same_study.h"

namespace otherwise {
namespace {

PieceOf pieces_of(const OpenedGuests& opened) {
    return [&words = opened.guest().vocabulary](Token token) {
        const auto i = static_cast<std::size_t>(token);
        return Piece{
            .bytes = words.pieces.at(i), .special = words.names.at(i), .ends = words.ends.at(i)};
    };
}

std::unique_ptr<RunWriter> open_writer(const OpenedGuests& opened, const RunFile& file) {
    const auto head = head_of(opened, file.shard);
    std::unique_ptr<RunWriter> writer;
    if (!file.resume) {
        writer = std::make_unique<RunWriter>(file.path, head, pieces_of(opened));
    } else {
        writer = std::make_unique<RunWriter>(file.path, pieces_of(opened));
        require_same(writer->head(), head, file.path, "a call", opened.work().force);
    }
    writer->begin(machine_of(opened));
    return writer;
}

/// Worlds whose network gave the factual logits to the last bit.
void warn_of_idle(const OpenedGuests& opened, const RunOutcome& outcome, RunResult& result) {
    const auto& worlds = opened.guest().worlds;
    for (std::size_t w = 0; w < worlds.size() && !outcome.cancelled; ++w) {
        if (worlds[w].role == WorldRole::change &&
            worlds[w].mechanism == opened.study().mechanism && w < outcome.effects.size() &&
            outcome.effects[w].longest > 0 && !outcome.effects[w].logits_differ) {
            result.warnings.push_back("world '" + worlds[w].name + "' acted and changed no logit");
        }
    }
}

}  // namespace

RunResult run(const OpenedGuests& opened, const RunCallbacks& callbacks, const RunFile& file) {
    const Study& study = opened.study();
    const Scene& scene = opened.scene();
    RunResult result{
        .model = opened.guest().factual.name, .smooth = true, .probes = opened.guest().probes};
    RunTotals totals(opened.labels(), compile_targets(study.targets, study.off_targets),
                     study.independent, [&opened](const Pair& pair) { return opened.texts(pair); });
    const auto counted = counting(callbacks, totals);
    RunOutcome outcome;
    if (file.path.empty()) {
        outcome = run_worlds(scene.subjects, scene.factual, scene.worlds, scene.options, counted);
        put_outcome(outcome, result);
    } else {
        const auto writer = open_writer(opened, file);
        outcome = run_into(scene, file.path, *writer, counted, totals, result);
    }
    result.worlds = totals.totals();
    result.measured_all = totals.measured_all();
    result.warnings = floor_warnings(result);
    warn_of_idle(opened, outcome, result);
    require_some(outcome, result);
    return result;
}

LawTable law_table(const OpenedGuests& opened, bool agreement, const LawEvents& events) {
    const Scene& scene = opened.scene();
    WorldLaws laws(opened.names());
    LawTable table{
        .model = opened.guest().factual.name, .worlds = {}, .report = {}, .smooth = true};
    table.report = run_laws(scene, {.agreement = agreement},
                            {.on_string =
                                 [&](const StringLaw& law) {
                                     laws.add(law);
                                     if (events.on_string) {
                                         events.on_string(law);
                                     }
                                 },
                             .on_progress = events.on_progress,
                             .cancelled = events.cancelled});
    table.worlds = laws.worlds(scene, table.report, {},
                               [](std::size_t) { return std::optional<std::size_t>(); });
    const bool none = table.report.skipped.size() == opened.guest().subjects.size();
    if (!table.report.cancelled && none) {
        fail({.where = "law",
              .expected = "at least one observed string that the factual mechanism can write",
              .came = "none"});
    }
    return table;
}

}  // namespace otherwise
