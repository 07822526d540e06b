// What a session's probes depend on, for those that are kept between runs (probe_store.h).
#include "otherwise/base/hash.h"
#include "otherwise/base/version.h"
#include "otherwise/generate/session.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/system.h"

namespace otherwise {
namespace {

/// This build, by its versions and what the files of its code are; "" where one has no mark.
std::string build_of_probes() {
    constexpr std::size_t kShown = 12;
    std::string marks;
    for (const auto& file : code_files()) {
        const auto mark = mark_of_file(file);
        if (mark.empty()) {
            return "";
        }
        marks += mark + "\n";
    }
    return "otherwise " OTHERWISE_VERSION ", llama.cpp of " OTHERWISE_LLAMA_VERSION ", code " +
           sha256_text(marks).substr(0, kShown);
}

}  // namespace

/// What the probe of a world depends on, beside the build; "" where it is not to be kept.
std::string Session::probe_settings(const OpenedWorld& world, const std::string& way) {
    if (!kept_probes_) {
        std::string settings;
        add_setting(settings, "features", processor_features());
        add_setting(settings, "devices", backend_devices(true));
        add_setting(settings, "gpu layers", std::to_string(options_.open.model.gpu_layers));
        add_setting(settings, "threads", std::to_string(options_.open.threads));
        const auto build = options_.probes.empty() ? "" : build_of_probes();
        kept_probes_.emplace(build.empty() ? std::filesystem::path() : options_.probes, settings,
                             build);
    }
    if (options_.probes.empty()) {
        return "";
    }
    const auto [at, fresh] = network_settings_.try_emplace(world.plan.name);
    if (fresh) {
        at->second = network_settings(world.plan, world.model->files());
    }
    if (at->second.empty()) {
        return "";
    }
    std::string settings = at->second;
    add_setting(settings, "repacked", repacked() ? "yes" : "no");
    add_setting(settings, "least rows", std::to_string(least_rows_));
    add_setting(settings, "probe", way);
    return settings;
}

void Session::note_probes() const {
    if (kept_probes_ && !kept_probes_->other_build().empty()) {
        note_("batch invariance was probed by another build (" + kept_probes_->other_build() +
              "): probed again");
    }
}

}  // namespace otherwise
