#include "cli/command.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "cli/options.h"
#include "otherwise/base/date.h"
#include "otherwise/base/error.h"
#include "otherwise/model/chat.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

constexpr int kMostThreads = 512;
constexpr int kLeastRows = 8;
constexpr int kMostRows = 8192;
constexpr double kLeastTopP = 1e-6;
constexpr const char* kDefaultModel = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

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
    std::_Exit(static_cast<int>(Fault::failed));
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
}

std::vector<std::string> cache_types() {
    return {"f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"};
}

std::string default_model() {
    auto path = std::filesystem::path(cache_folder()) / kDefaultModel;
    if (!std::filesystem::exists(path)) {
        misuse({.where = "factual_plan",
                .expected = "a model (-m FILE)",
                .came = "none, and no default model in " + cache_folder(),
                .advice = "give -m, or run `make setup` to fetch the default one"});
    }
    return path.string();
}

}  // namespace

void add_model_options(CLI::App& app, ModelArguments& a) {
    const auto add = [&](const char* names, auto& to, const char* text) {
        return app.add_option(names, to, text)->group("Model");
    };
    add("-m,--model", a.path, "the factual world's model, a GGUF file [the default model]")
        ->type_name("FILE");
    whole(add("-t,--threads", a.threads, "threads [all processors]"), -1, kMostThreads);
    whole(add("--gpu-layers,--n-gpu-layers", a.gpu_layers,
              "layers on a GPU, where one is built in [all]"),
          -1);
    add_kernel_options(app, a.kernels);
    whole(add("-c,--ctx-size", a.context, "tokens a string at most [the model's context]"), 0);
    whole(add("--ubatch-size", a.max_rows, "rows evaluated in one call [from the vocabulary]"),
          kLeastRows, kMostRows);
    word(add("--flash-attn", a.flash_attention, "flash attention")->capture_default_str(),
         {"on", "off", "auto"});
    word(add("--cache-type-k", a.cache_keys, "type of the cached keys")->capture_default_str(),
         cache_types())
        ->type_name("TYPE");
    word(add("--cache-type-v", a.cache_values, "type of the cached values")->capture_default_str(),
         cache_types())
        ->type_name("TYPE");
}

void add_mechanism_options(CLI::App& app, ModelArguments& a) {
    const auto add = [&](const char* names, auto& to, const char* text) {
        return app.add_option(names, to, text)->group("Mechanism")->capture_default_str();
    };
    real(add("--temp", a.mechanism.temperature, "temperature; 0 is greedy"), 0.0, HUGE_VAL);
    whole(add("--top-k", a.mechanism.top_k, "keep the k likeliest tokens; 0 is off"), 0);
    real(add("--top-p", a.mechanism.top_p,
             "keep the likeliest tokens up to this probability; 1 is off"),
         kLeastTopP, 1.0);
    real(add("--min-p", a.mechanism.min_p,
             "keep tokens of at least this share of the likeliest one's probability; 0 is off"),
         0.0, 1.0);
    add_chat_options(app, a.chat,
                     "each prompt is a user's message, through the model's own chat template");
    app.add_option("--factual", a.factual_items,
                   "an ITEM, as below, that the factual world and so every world has; repeatable")
        ->type_name("ITEM")
        ->group("Worlds")
        ->allow_extra_args(false);
    app.add_flag(
           "--smooth{f32}", a.smooth,
           "the weights in floating point in memory, so that activations are not rounded to 8 "
           "bits: as F32, or --smooth=f16 or bf16, half as large; the same as --factual "
           "weights:TYPE")
        ->group("Worlds");
}

void add_chat_options(CLI::App& app, ChatArguments& a, const char* text) {
    app.add_flag("--chat", a.use, text)->group("Prompts");
    app.add_option_function<std::string>(
           "--system", [&a](const std::string& message) { a.system = message; },
           "the system message, with --chat")
        ->type_name("TEXT")
        ->group("Prompts");
    app.add_option("--chat-template", a.form,
                   "another chat template for all worlds: a Jinja file, or the name of one that "
                   "llama.cpp has (`otherwise inspect --chat-templates`)")
        ->type_name("FILE|NAME")
        ->group("Prompts");
    app.add_option("--chat-date", a.date,
                   "the day that the chat template shows, if it shows one [today; kept by runs]")
        ->type_name("YYYY-MM-DD")
        ->group("Prompts");
}

PromptForm prompt_form(const ChatArguments& a) {
    const auto only = [&](bool given, const char* option) {
        if (given && !a.use) {
            misuse({.where = "prompt_form",
                    .expected = std::string("--chat with ") + option,
                    .came = std::string(option) + " alone"});
        }
    };
    only(a.system.has_value(), "--system");
    only(!a.form.empty(), "--chat-template");
    only(!a.date.empty(), "--chat-date");
    if (!a.date.empty()) {
        require_date(a.date);
    }
    return {.chat = a.use,
            .system = a.system,
            .chat_template = a.form.empty() ? "" : read_chat_template(a.form),
            .chat_date = a.date,
            .chat_clock = a.use && a.clock.empty() ? today() : a.clock,
            .prefix = "",
            .suffix = ""};
}

void settle_clock(ChatArguments& a, const std::vector<std::string>& models) {
    if (!a.use || !a.date.empty()) {
        a.clock.clear();
        return;
    }
    if (!a.clock.empty()) {
        return;
    }
    const auto source = a.form.empty() ? "" : read_chat_template(a.form);
    if (std::ranges::any_of(models,
                            [&](const std::string& model) { return shows_today(model, source); })) {
        a.clock = today();
    }
}

std::vector<std::string> factual_items(const ModelArguments& arguments) {
    auto items = arguments.factual_items;
    if (arguments.smooth.empty()) {
        return items;
    }
    const std::string smooth = "weights:" + arguments.smooth;
    for (const auto& item : items) {
        if (item.starts_with("weights:") && item != smooth) {
            misuse({.where = "factual_items",
                    .expected = "--smooth or --factual weights:TYPE",
                    .came = std::string("both, ").append(smooth).append(" and ").append(item)});
        }
    }
    if (std::ranges::find(items, smooth) == items.end()) {
        items.push_back(smooth);
    }
    return items;
}

WorldPlan factual_plan(const ModelArguments& arguments) {
    WorldPlan plan;
    plan.model = arguments.path.empty() ? default_model() : arguments.path;
    plan.mechanism = arguments.mechanism;
    plan.cache_keys = arguments.cache_keys;
    plan.cache_values = arguments.cache_values;
    plan.flash_attention = arguments.flash_attention;
    plan.prompt = prompt_form(arguments.chat);  // before any file is read
    World factual{.name = "factual", .interventions = {}};
    for (const auto& item : factual_items(arguments)) {
        factual.interventions.push_back(parse_item(item));
        if (std::holds_alternative<Force>(factual.interventions.back())) {
            misuse({.where = "factual_plan",
                    .expected = "do: in a counterfactual world",
                    .came = "--factual " + item});
        }
    }
    return with_interventions(plan, factual);
}

std::string cache_folder() {
    if (const auto own = environment("OTHERWISE_CACHE"); !own.empty()) {
        return own;
    }
    if (const auto xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) {
        return xdg + "/otherwise";
    }
    return environment("HOME") + "/.cache/otherwise";
}

std::ifstream open_input(const std::string& path, const char* expected) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    std::ifstream file(path, std::ios::binary);
    const bool folder = std::filesystem::is_directory(status);
    if (folder || !file) {
        std::string what = "one that cannot be read";
        if (folder) {
            what = "a folder";
        } else if (!std::filesystem::exists(status)) {
            what = "no such file";
        }
        fail({.where = "open_input", .expected = expected, .came = what + ", '" + path + "'"});
    }
    return file;
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
