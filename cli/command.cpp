#include "cli/command.h"

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "cli/options.h"
#include "otherwise/base/error.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/model/context.h"
#include "otherwise/model/flash_attention.h"

namespace otherwise::cli {
namespace {

constexpr int kMostThreads = 512;
constexpr int kLeastRows = 8;
constexpr int kMostRows = 8192;
constexpr double kLeastTopP = 1e-6;

// A signal handler can reach nothing else.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> stop_requested{false};

extern "C" void on_interrupt(int signal) {
    stop_requested = true;
    (void)std::signal(signal, SIG_DFL);
}

/// Nothing has been written yet: leaves at once.
extern "C" void on_early_interrupt(int /*signal*/) {
    constexpr std::string_view kLine = "otherwise: interrupted before anything was done\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kLine.data(), kLine.size());
    remove_unfinished_files();
    std::_Exit(static_cast<int>(Fault::failed));
}

}  // namespace

void add_model_options(CLI::App& app, Study& study, Work& work) {
    const auto add = [&](const char* names, auto& to, const char* text) {
        return app.add_option(names, to, text)->group("Model");
    };
    add("-m,--model", study.model, "the factual world's model, a GGUF file [the default model]")
        ->type_name("FILE");
    whole(add("-t,--threads", work.threads, "threads [all processors]"), -1, kMostThreads);
    whole(add("--gpu-layers,--n-gpu-layers", study.gpu_layers,
              "layers on a GPU, where one is built in [all]"),
          -1);
    add_kernel_options(app, study.no_repack, work.cpu_variant);
    whole(add("-c,--ctx-size", study.context, "tokens a string at most [the model's context]"), 0);
    whole(add("--ubatch-size", work.max_rows, "rows evaluated in one call [from the vocabulary]"),
          kLeastRows, kMostRows);
    word(add("--flash-attn", study.flash_attention, "flash attention")->capture_default_str(),
         flash_attention_names());
    word(add("--cache-type-k", study.cache_keys, "type of the cached keys")->capture_default_str(),
         cache_type_names())
        ->type_name("TYPE");
    word(add("--cache-type-v", study.cache_values, "type of the cached values")
             ->capture_default_str(),
         cache_type_names())
        ->type_name("TYPE");
}

void add_mechanism_options(CLI::App& app, Mechanism& mechanism) {
    const auto add = [&](const char* names, auto& to, const char* text) {
        return app.add_option(names, to, text)->group("Mechanism")->capture_default_str();
    };
    real(add("--temp", mechanism.temperature, "temperature; 0 is greedy"), 0.0, HUGE_VAL);
    whole(add("--top-k", mechanism.top_k, "keep the k likeliest tokens; 0 is off"), 0);
    real(add("--top-p", mechanism.top_p,
             "keep the likeliest tokens up to this probability; 1 is off"),
         kLeastTopP, 1.0);
    real(add("--min-p", mechanism.min_p,
             "keep tokens of at least this share of the likeliest one's probability; 0 is off"),
         0.0, 1.0);
}

void add_chat_options(CLI::App& app, Study& study, const char* text) {
    app.add_flag("--chat", study.chat, text)->group("Prompts");
    app.add_option_function<std::string>(
           "--system", [&study](const std::string& message) { study.system = message; },
           "the system message, with --chat")
        ->type_name("TEXT")
        ->group("Prompts");
    app.add_option("--chat-template", study.chat_template,
                   "another chat template for all worlds: a Jinja file, or the name of one that "
                   "llama.cpp has (`otherwise inspect --chat-templates`)")
        ->type_name("FILE|NAME")
        ->group("Prompts");
    app.add_option("--chat-date", study.chat_date,
                   "the day that the chat template shows, if it shows one [today; kept by runs]")
        ->type_name("YYYY-MM-DD")
        ->group("Prompts");
}

void add_force_option(CLI::App& app, bool& force) {
    app.add_flag("--force", force,
                 "of a folder: also shards of other processors, llama.cpps or types of cache");
}

void leave_on_interrupt() {
    (void)std::signal(SIGINT, on_early_interrupt);
    (void)std::signal(SIGTERM, on_early_interrupt);
}

void catch_interrupts() {
    (void)std::signal(SIGINT, on_interrupt);
    (void)std::signal(SIGTERM, on_interrupt);
}

bool interrupted() { return stop_requested; }

}  // namespace otherwise::cli
