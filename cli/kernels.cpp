#include "cli/kernels.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

#include "cli/crash.h"
#include "cli/output.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/repack.h"
#include "otherwise/model/system.h"

namespace otherwise::cli {

void add_kernel_options(CLI::App& app, KernelArguments& arguments, const char* group) {
    add_kernel_options(app, arguments.no_repack, arguments.cpu_variant, group);
}

void add_kernel_options(CLI::App& app, bool& no_repack, std::string& cpu_variant,
                        const char* group) {
    app.add_flag("--no-repack", no_repack,
                 "take the plain kernels: weights stay in the file's order")
        ->group(group);
    app.add_option("--cpu-variant", cpu_variant,
                   "llama.cpp's kernels for this kind of processor [the best that run here]")
        ->type_name("NAME")
        ->group(group);
}

ModelOptions start_kernels(const KernelArguments& arguments, int gpu_layers) {
    start_backend({.cpu_variant = arguments.cpu_variant});
    blame_kernels(active_cpu_variant() + ", " + processor_features());
    return {.gpu_layers = gpu_layers, .repack = !arguments.no_repack};
}

void note_repacking(const KernelArguments& arguments, const std::vector<std::string>& models) {
    if (!arguments.no_repack) {
        return;
    }
    const bool any = std::ranges::any_of(
        models, [](const std::string& path) { return repacks(GgufFile::open(path)); });
    if (!any) {
        say("note: --no-repack changes nothing: no weights here would be repacked for this "
            "processor");
    }
}

}  // namespace otherwise::cli
