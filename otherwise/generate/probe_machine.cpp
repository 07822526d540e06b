// What probes depend on beside their network: this build and this machine. Of probe_store.h, apart
// from what needs no llama.cpp.
#include "otherwise/base/hash.h"
#include "otherwise/base/version.h"
#include "otherwise/generate/probe_store.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/system.h"

namespace otherwise {

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

std::string machine_of_probes(int threads, int gpu_layers) {
    std::string settings;
    add_setting(settings, "features", processor_features());
    add_setting(settings, "devices", backend_devices(true));
    add_setting(settings, "gpu layers", std::to_string(gpu_layers));
    add_setting(settings, "threads", std::to_string(threads));
    return settings;
}

}  // namespace otherwise
