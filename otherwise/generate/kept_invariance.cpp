#include "otherwise/generate/kept_invariance.h"

#include <string>

#include "otherwise/generate/probe_store.h"
#include "otherwise/model/model.h"
#include "otherwise/world/plan.h"

namespace otherwise {

InvariantModel load_invariant_kept(const std::filesystem::path& path, const ModelOptions& options,
                                   int threads, const std::filesystem::path& folder,
                                   OneShape one_shape) {
    const auto build = folder.empty() ? "" : build_of_probes();
    if (build.empty()) {
        return load_invariant(path, options, threads, {}, one_shape);
    }
    ProbeStore store(folder, machine_of_probes(threads, options.gpu_layers), build);
    std::string network;  // the same under every remedy
    const auto settings_of = [&](const Model& model, const Remedy& remedy) {
        if (network.empty()) {
            network = network_settings({.model = path.string()}, model.files());
        }
        std::string settings = network;
        add_setting(settings, "repacked", remedy.repack ? "yes" : "no");
        add_setting(settings, "least rows", std::to_string(remedy.least_rows));
        add_setting(settings, "calls", to_text(remedy.fixed));
        add_setting(settings, "probe", "of a model alone");
        return network.empty() ? "" : settings;
    };
    return load_invariant(
        path, options, threads,
        {.find = [&](const Model& model,
                     const Remedy& remedy) { return store.find(settings_of(model, remedy)); },
         .keep = [&](const Model& model, const Remedy& remedy,
                     const Probe& probe) { store.keep(settings_of(model, remedy), probe); }},
        one_shape);
}

}  // namespace otherwise
