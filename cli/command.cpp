#include "cli/command.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "otherwise/base/error.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

constexpr const char* kDefaultModel = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

// A signal handler can reach nothing else.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> stop_requested{false};

extern "C" void on_interrupt(int /*signal*/) {
    stop_requested = true;
    (void)std::signal(SIGINT, SIG_DFL);
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
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

void add_model_options(CLI::App& app, ModelArguments& arguments) {
    app.add_option("-m,--model", arguments.path, "model of the factual world, a GGUF file [default model]")
        ->group("Model");
    app.add_option("-t,--threads", arguments.threads, "threads [all processors]")->group("Model")->check(CLI::PositiveNumber);
    app.add_option("--gpu-layers,--n-gpu-layers", arguments.gpu_layers, "-ngl: layers on a GPU, where built in")->group("Model");
    app.add_option("-c,--ctx-size", arguments.context, "tokens a string at most [what the strings need]")->group("Model")->check(CLI::PositiveNumber);
    app.add_option("--ubatch-size", arguments.max_rows, "-ub: rows evaluated in one call [from the vocabulary]")->group("Model")->check(CLI::Range(8, 8192));
    app.add_option("--flash-attn", arguments.flash_attention, "-fa: on, off or auto")->group("Model")->check(CLI::IsMember({"on", "off", "auto"}));
    app.add_option("--cache-type-k", arguments.cache_keys, "-ctk: type of the cached keys, f16, q8_0, …")->group("Model");
    app.add_option("--cache-type-v", arguments.cache_values, "-ctv: type of the cached values")->group("Model");
}

void add_mechanism_options(CLI::App& app, ModelArguments& arguments) {
    app.add_option("--temp", arguments.mechanism.temperature, "temperature; 0 = greedy")->group("Mechanism")->capture_default_str();
    app.add_option("--top-k", arguments.mechanism.top_k, "keep the k most likely tokens; 0 = all")->group("Mechanism")->capture_default_str();
    app.add_option("--top-p", arguments.mechanism.top_p, "keep the likeliest tokens up to this probability")->group("Mechanism")->capture_default_str();
    app.add_option("--min-p", arguments.mechanism.min_p, "keep tokens at least this likely beside the likeliest")->group("Mechanism")->capture_default_str();
    app.add_flag("--chat", arguments.chat, "put each prompt through the model's chat template")->group("Prompts");
    app.add_option_function<std::string>("--system", [&arguments](const std::string& text) {
           arguments.system = text;
           arguments.has_system = true;
       }, "system message, with --chat")->group("Prompts");
    app.add_option("--factual", arguments.factual_items, "an ITEM (see --world) that the factual world has too; repeatable")->group("Worlds")->allow_extra_args(false);
}

WorldPlan factual_plan(const ModelArguments& arguments) {
    WorldPlan plan;
    plan.model = arguments.path.empty() ? default_model() : arguments.path;
    plan.mechanism = arguments.mechanism;
    plan.cache_keys = arguments.cache_keys;
    plan.cache_values = arguments.cache_values;
    plan.flash_attention = arguments.flash_attention;
    plan.prompt.chat = arguments.chat;
    if (arguments.has_system) {
        if (!arguments.chat) {
            misuse({.where = "factual_plan", .expected = "--chat with --system", .came = "--system alone"});
        }
        plan.prompt.system = arguments.system;
    }
    World factual{.name = "factual", .interventions = {}};
    for (const auto& item : arguments.factual_items) {
        factual.interventions.push_back(parse_item(item));
        if (std::holds_alternative<Force>(factual.interventions.back())) {
            misuse({.where = "factual_plan", .expected = "do: in a counterfactual world", .came = "--factual " + item});
        }
    }
    return with_interventions(plan, factual);
}

int thread_count(int requested) {
    return requested > 0 ? requested : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
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

void catch_interrupts() {
    (void)std::signal(SIGINT, on_interrupt);
    (void)std::signal(SIGTERM, on_interrupt);
}

bool interrupted() { return stop_requested; }

}  // namespace otherwise::cli
