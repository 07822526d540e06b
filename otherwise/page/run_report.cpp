#include "otherwise/page/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

#include "otherwise/base/strict_stream.h"
#include "otherwise/measure/world_measures.h"
#include "otherwise/page/read_into.h"
#include "otherwise/page/report_builder.h"
#include "otherwise/page/shown_numbers.h"
#include "otherwise/world/syntax.h"

namespace otherwise {
namespace {

constexpr double kPerCent = 100.0;

std::vector<WorldHead> worlds_of(const RunHead& head) {
    std::vector<WorldHead> worlds;
    worlds.reserve(head.worlds.size());
    for (const auto& world : head.worlds) {
        worlds.push_back(
            {.name = world.name,
             .changes = world.items.empty() ? std::vector<std::string>{} : split_items(world.items),
             .role = world.role,
             .nudge = world.nudge});
    }
    return worlds;
}

std::string invariance_of(const RunHead& head) {
    for (const auto& [world, probe] : head.probes) {
        if (!probe.invariant) {
            return fmt::format("no: {} moves by up to {:.2g} nats with {}", world, probe.worst,
                               probe.shape);
        }
    }
    return head.probes.empty() ? "not probed" : "logits are the same in every batch shape";
}

std::string times_of(const std::vector<StoredSitting>& sittings) {
    double writing = 0.0;
    double laws = 0.0;
    double storing = 0.0;
    for (const auto& sitting : sittings) {
        writing += sitting.totals.seconds;
        laws += sitting.totals.law_seconds;
        storing += sitting.store_seconds;
    }
    const double all = writing + laws;
    return fmt::format("strings {:.1f} s, laws {:.1f} s; storing took {:.1f} % of it", writing,
                       laws, all > 0.0 ? kPerCent * storing / all : 0.0);
}

/// "" without chat, and of a run that does not say it.
std::string chat_of(const RunHead& head) {
    if (head.chat_template.empty()) {
        return "";
    }
    return "SHA-256 " + head.chat_template +
           (head.chat_date.empty() ? "" : ", shows " + head.chat_date);
}

std::vector<RunDetail> facts_of(const StoredRun& run) {
    const RunHead& head = run.head();
    const auto progress = run.progress();
    std::vector<RunDetail> facts = {
        {.label = "model", .value = head.model},
        {.label = "its name", .value = head.model_name},
        {.label = "SHA-256", .value = head.model_sha256},
        {.label = "quantization", .value = head.quantization},
        {.label = "factual world", .value = head.factual},
        {.label = "chat template", .value = chat_of(head)},
        {.label = "seed", .value = std::to_string(head.seed)},
        {.label = "strings",
         .value = fmt::format("{} of {}", whole(progress.done), whole(progress.strings))},
        {.label = "samples", .value = std::to_string(head.samples)},
        {.label = "tokens", .value = fmt::format("{} at most", head.tokens)},
        {.label = "batch invariance", .value = invariance_of(head)},
        {.label = "made", .value = head.created}};
    if (head.shard.count > 1) {
        facts.push_back({.label = "shard",
                         .value = fmt::format("{} of {}", head.shard.index, head.shard.count)});
    }
    const auto sittings = run.sittings();
    if (!sittings.empty()) {
        const Machine& machine = sittings.back().machine;
        facts.push_back({.label = "otherwise", .value = machine.version});
        facts.push_back({.label = "llama.cpp", .value = machine.llama});
        facts.push_back({.label = "processor", .value = machine.backend + ", " + machine.features});
        facts.push_back({.label = "time", .value = times_of(sittings)});
    }
    for (const auto& file : head.files) {
        if (file.path != head.model) {
            facts.push_back({.label = file.path, .value = "SHA-256 " + file.sha256});
        }
    }
    facts.push_back({.label = "study", .value = head.study});
    std::erase_if(facts, [](const RunDetail& fact) { return fact.value.empty(); });
    return facts;
}

std::vector<std::string> warnings_of(const StoredRun& run) {
    std::vector<std::string> warnings;
    const RunHead& head = run.head();
    const auto progress = run.progress();
    if (!progress.finished()) {
        warnings.push_back(fmt::format("This run is not finished: {} of {} strings are done{}.",
                                       whole(progress.done), whole(progress.strings),
                                       missing_text(run)));
    }
    if (progress.skipped > 0) {
        warnings.push_back(
            fmt::format("{} observed strings were left out: the factual world cannot write one of "
                        "their tokens.",
                        whole(progress.skipped)));
    }
    for (const auto& world : head.worlds) {
        if (world.role == WorldRole::change && !world.acted) {
            warnings.push_back("World " + world.name +
                               " changed no logits: it is the factual world under another name.");
        }
    }
    for (const auto& [world, probe] : head.probes) {
        if (!probe.invariant) {
            warnings.push_back(
                "The logits of " + world +
                " depend on the shape of the batch; see the null world for how much.");
        }
    }
    return warnings;
}

std::string title_of(const StoredRun& run, const RunReportOptions& options) {
    return options.title.empty() ? run.path().stem().string() : options.title;
}

std::string model_of(const RunHead& head) {
    const auto name = std::filesystem::path(head.model).stem().string();
    const auto stored = head.quantization.substr(0, head.quantization.find(" as "));
    const bool said = stored.empty() || name.find(stored) != std::string::npos;
    return name + (said ? head.quantization.substr(stored.size()) : " " + head.quantization);
}

/// The item with a file's name in place of its path, to be read; the path is among the facts.
std::string brief_item(const std::string& item) {
    const ItemParts parts = parse_parts(item);
    const auto at = item.find(parts.argument);
    if (parts.form->argument != Argument::file || at == std::string::npos) {
        return item;
    }
    std::string brief = item;
    return brief.replace(at, parts.argument.size(),
                         std::filesystem::path(parts.argument).filename().string());
}

/// The factual mechanism, by the study's settings.
FactualDoses factual_doses(const RunHead& head) {
    FactualDoses doses = {{"temp", 1.0}, {"top-p", 1.0}, {"min-p", 0.0}};
    auto settings = strict(std::istringstream(head.settings));
    for (std::string line; std::getline(settings, line) && !line.starts_with('[');) {
        const auto equals = line.find(" = ");
        const auto known = doses.find(line.substr(0, equals));
        if (known != doses.end() && equals != std::string::npos) {
            known->second = read_number<double>(line.substr(equals + 3)).value_or(known->second);
        }
    }
    return doses;
}

}  // namespace

ReportData report_of(const StoredRun& run, const RunReportOptions& options) {
    run.require_results();
    ReportOptions builder_options;
    builder_options.strings = options.strings;
    builder_options.targets = options.targets
                                  ? *options.targets
                                  : compile_targets(run.head().targets, run.head().off_targets);
    ReportBuilder builder({.title = title_of(run, options),
                           .model = model_of(run.head()),
                           .facts = facts_of(run),
                           .warnings = warnings_of(run),
                           .smooth = run.head().smooth},
                          worlds_of(run.head()), std::move(builder_options), [&](Token token) {
                              const Piece& piece = run.piece(token);
                              return piece.ends ? piece.special : piece.bytes;
                          });
    read_into(builder, run, options);
    ReportData data = builder.finish();
    data.doses = dose_curves(data.worlds, factual_doses(run.head()));
    for (auto& world : data.worlds) {
        std::ranges::transform(world.changes, world.changes.begin(), brief_item);
    }
    return data;
}

}  // namespace otherwise
