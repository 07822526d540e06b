#include "otherwise/api/guest_head.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "otherwise/base/processors.h"
#include "otherwise/base/version.h"
#include "otherwise/generate/run.h"
#include "otherwise/noise/field.h"
#include "otherwise/study/new_run.h"

namespace otherwise {
namespace {

constexpr const char* kEngine = "engine = ";

std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// With the model's name, and without what is no setting of guests.
Study own_settings(const OpenedGuests& opened) {
    Study study = opened.study();
    study.model = opened.guest().factual.name;
    study.worlds.clear();
    study.prompts.clear();
    study.strings.clear();
    study.file.clear();
    study.fields = {};
    study.limit = study.prompt_words = study.prompt_tokens = 0;
    return study;
}

std::string mechanism_line(const Mechanism& mechanism) {
    return "temp " + nlohmann::json(mechanism.temperature).dump() + ", top_k " +
           std::to_string(mechanism.top_k) + ", top_p " + nlohmann::json(mechanism.top_p).dump() +
           ", min_p " + nlohmann::json(mechanism.min_p).dump();
}

/// "NAME = IDENTITY" of each world, whose mechanisms may be their own.
std::string world_lines(const OpenedGuests& opened) {
    const GuestStudy& guest = opened.guest();
    std::string lines = "\n[guests]\nfactual = " + quoted(guest.factual.identity) + "\n";
    for (const auto& world : guest.worlds) {
        if (world.role == WorldRole::change) {
            lines += quoted(world.name) + " = " +
                     quoted(world.identity + (world.mechanism == opened.study().mechanism
                                                  ? ""
                                                  : " " + mechanism_line(world.mechanism))) +
                     "\n";
        }
    }
    return lines;
}

void add_strings(const OpenedGuests& opened, RunHead& head) {
    const auto& worlds = opened.scene().worlds;
    const auto null = std::ranges::find(worlds, WorldRole::null, &RunWorld::role);
    for (std::size_t i = 0; i < opened.guest().subjects.size(); ++i) {
        head.strings.push_back(
            {.subject = opened.guest().subjects[i],
             .prompt_length = static_cast<int>(opened.guest().prompts[i].size()),
             .in_null = null != worlds.end() && null->runs_on(static_cast<int>(i))});
    }
}

}  // namespace

Machine machine_of(const OpenedGuests& opened) {
    return {.version = OTHERWISE_VERSION,
            .llama = "none",
            .backend = opened.guest().engine,
            .features = "",
            .threads = thread_count(opened.work().threads),
            .parallel = opened.scene().options.parallel};
}

RunHead head_of(const OpenedGuests& opened, Shard shard) {
    const GuestStudy& guest = opened.guest();
    const Study study = own_settings(opened);
    RunHead head{.study = to_toml(study),
                 .settings = settings_text(study, strings_text(guest.subjects)),
                 .machine = kEngine + quoted(guest.engine) +
                            "\nnoise = " + std::to_string(kNoiseVersion) + "\n",
                 .model = guest.factual.name,
                 .model_name = guest.factual.description,
                 .model_sha256 = guest.factual.identity,
                 .smooth = true,
                 .seed = study.seed,
                 .samples = study.samples,
                 .tokens = study.tokens,
                 .independent = study.independent,
                 .all_null = study.null_strings == FloorStrings::all,
                 .knows_nudges = true,
                 .laws = study.laws,
                 .targets = study.targets,
                 .off_targets = study.off_targets,
                 .shard = shard};
    head.settings += world_lines(opened);
    for (const auto& world : guest.worlds) {
        head.worlds.push_back({.name = world.name,
                               .items = "",
                               .description = world.description,
                               .role = world.role});
    }
    for (const auto& probe : guest.probes) {
        head.probes.push_back({.world = probe.world, .probe = probe.probe});
    }
    add_strings(opened, head);
    return head;
}

bool is_of_guests(const RunHead& head) { return head.machine.starts_with(kEngine); }

}  // namespace otherwise
