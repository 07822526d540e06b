#include "otherwise/model/backends.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <utility>

#include "ggml-backend.h"
#include "ggml.h"
#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/log.h"

namespace otherwise {
namespace {

constexpr const char* kOnlyModule = "generic";  // libggml-cpu.so, of a build without variants
constexpr std::string_view kModule = "libggml-";
constexpr std::string_view kCpuModule = "libggml-cpu";

struct Started {
    std::mutex mutex;
    std::string variant;
};

Started& started() {
    static Started state;
    return state;
}

/// A CPU backend that was there before any module was loaded.
bool is_built_in(const std::string& variant) {
    return variant.empty() ? ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) != nullptr
                           : variant == kNativeVariant;
}

#ifdef OTHERWISE_MODULE_FOLDER
/// As the build with an installed llama.cpp was told.
std::filesystem::path module_folder() { return OTHERWISE_MODULE_FOLDER; }
#else
/// Where libggml-base lies. A text of its own is an address within it, whatever the linker made of
/// its functions.
std::filesystem::path module_folder() {
    Dl_info info{};
    if (::dladdr(ggml_type_name(GGML_TYPE_F32), &info) == 0 || info.dli_fname == nullptr) {
        fail({.where = "start_backend",
              .expected = "to find the folder of libggml-base",
              .came = "none"});
    }
    std::error_code error;
    auto folder =
        std::filesystem::canonical(std::filesystem::path(info.dli_fname).parent_path(), error);
    if (error) {
        fail({.where = "start_backend",
              .expected = "the folder of libggml-base",
              .came = "'" + std::string(info.dli_fname) + "', " + error.message()});
    }
    return folder;
}
#endif

/// The modules of the folder whose names start so, in the order of their names.
std::vector<std::filesystem::path> modules(std::string_view start) {
    std::vector<std::filesystem::path> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(module_folder(), ignored)) {
        if (entry.path().filename().string().starts_with(start) &&
            entry.path().extension() == ".so" && entry.path().stem() != "libggml-base") {
            found.push_back(entry.path());
        }
    }
    std::ranges::sort(found);
    return found;
}

std::string variant_of(const std::filesystem::path& module) {
    const auto name = module.stem().string().substr(kCpuModule.size());
    return name.empty() ? kOnlyModule : name.substr(1);
}

std::filesystem::path module_of(const std::string& variant) {
    std::string name(kCpuModule);
    name += variant == kOnlyModule ? "" : "-" + variant;
    return module_folder() / (name + ".so");
}

int score_of(const std::filesystem::path& module) {
    void* handle = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        return 0;
    }
    const auto score = reinterpret_cast<int (*)()>(::dlsym(handle, "ggml_backend_score"));
    const int result = score == nullptr ? 1 : score();
    ::dlclose(handle);
    return result;
}

/// The library or program that this address lies in; "" where none does.
std::filesystem::path file_of(const void* within) {
    Dl_info info{};
    void* found = nullptr;
    if (::dladdr1(within, &info, &found, RTLD_DL_LINKMAP) == 0 || found == nullptr) {
        return {};
    }
    const std::string_view name = static_cast<const link_map*>(found)->l_name;
    if (name.empty()) {
        return "/proc/self/exe";  // the program has none
    }
    std::error_code ignored;  // a relative name is of a relative LD_LIBRARY_PATH
    return std::filesystem::absolute(name, ignored);
}

std::string names_of(const std::vector<CpuVariant>& variants, bool all) {
    std::string names;
    for (const auto& variant : variants) {
        if (all || variant.score > 0) {
            names += (names.empty() ? "" : ", ") + variant.name;
        }
    }
    return names;
}

void load(const std::filesystem::path& module) {
    clear_backend_errors();
    if (ggml_backend_load(module.c_str()) == nullptr) {
        fail({.where = "start_backend",
              .expected = "a backend that loads, '" + module.string() + "'",
              .came = to_utf8(last_backend_error())});
    }
}

/// The others first, as llama.cpp has it: it prefers GPUs by their order. One without its device or
/// driver stays away.
void load_others() {
    for (const auto& module : modules(kModule)) {
        if (!module.filename().string().starts_with(kCpuModule)) {
            ggml_backend_load(module.c_str());
        }
    }
}

std::vector<CpuVariant> variants_of(bool built_in) {
    if (built_in) {
        return {{.name = kNativeVariant, .score = 1}};
    }
    std::vector<CpuVariant> variants;
    for (const auto& module : modules(kCpuModule)) {
        variants.push_back({.name = variant_of(module), .score = score_of(module)});
    }
    std::ranges::stable_sort(variants, std::ranges::greater{}, &CpuVariant::score);
    return variants;
}

}  // namespace

std::vector<std::filesystem::path> code_files() {
    std::vector<std::filesystem::path> files;
    const std::string_view own = kModule;
    for (const void* within : {static_cast<const void*>(own.data()),
                               static_cast<const void*>(ggml_type_name(GGML_TYPE_F32))}) {
        if (auto file = file_of(within); !file.empty()) {
            files.push_back(std::move(file));
        }
    }
    if (const auto variant = active_cpu_variant(); !is_built_in(variant)) {
        files.push_back(module_of(variant));
    }
    return files;
}

std::vector<CpuVariant> cpu_variants() { return variants_of(is_built_in(active_cpu_variant())); }

std::string chosen_variant(const std::vector<CpuVariant>& variants, const BackendOptions& options) {
    if (variants.empty()) {
        fail({.where = "start_backend",
              .expected = "modules of the CPU backend, libggml-cpu-NAME.so",
              .came = "none in '" + module_folder().string() + "'",
              .advice = "keep the files of the program together, or install it again"});
    }
    const auto known = std::ranges::find(variants, options.cpu_variant, &CpuVariant::name);
    if (!options.cpu_variant.empty() && (known == variants.end() || known->score == 0)) {
        const auto names = names_of(variants, false);
        misuse({.where = "start_backend",
                .expected = "a CPU variant that runs here (" + names + ")",
                .came = "'" + to_utf8(options.cpu_variant) + "'" +
                        (known == variants.end() ? "" : ", which this processor cannot run")});
    }
    const auto& best = options.cpu_variant.empty() ? variants.front() : *known;
    if (best.score == 0) {
        fail({.where = "start_backend",
#ifdef __x86_64__
              .expected = "a processor of x86-64-v2 or later (SSE 4.2, from about 2009)",
#else
              .expected = "a processor that a CPU variant was built for",
#endif
              .came = "one that runs none of: " + names_of(variants, true)});
    }
    return best.name;
}

void start_backend(const BackendOptions& options) {
    auto& state = started();
    const std::scoped_lock lock(state.mutex);
    if (!state.variant.empty()) {
        if (!options.cpu_variant.empty() && options.cpu_variant != state.variant) {
            misuse({.where = "start_backend",
                    .expected = "the CPU variant that this process has started, " + state.variant,
                    .came = "'" + to_utf8(options.cpu_variant) + "'"});
        }
        return;
    }
    take_backend_log();
    const bool built_in = is_built_in("");
    const auto variant = chosen_variant(variants_of(built_in), options);
    if (!built_in) {
        load_others();
        load(module_of(variant));
    }
    llama_backend_init();  // last: with no backend at all it would look for some by itself
    state.variant = variant;
}

std::string active_cpu_variant() {
    auto& state = started();
    const std::scoped_lock lock(state.mutex);
    return state.variant;
}

}  // namespace otherwise
