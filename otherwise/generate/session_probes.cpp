// What a session's probes depend on, for those that are kept between runs (probe_store.h).
#include "otherwise/generate/session.h"

namespace otherwise {

/// What the probe of a world depends on, beside the build; "" where it is not to be kept.
std::string Session::probe_settings(const OpenedWorld& world, const std::string& way) {
    if (!kept_probes_) {
        const auto build = options_.probes.empty() ? "" : build_of_probes();
        kept_probes_.emplace(
            build.empty() ? std::filesystem::path() : options_.probes,
            machine_of_probes(options_.open.threads, options_.open.model.gpu_layers), build);
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
    add_setting(settings, "calls", to_text(fixed_));
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
