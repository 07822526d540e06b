#include "otherwise/api/compose.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "otherwise/base/date.h"
#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/open_input.h"
#include "otherwise/base/processors.h"
#include "otherwise/base/text.h"
#include "otherwise/model/chat.h"

namespace otherwise {
namespace {

constexpr const char* kDefaultModel = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

std::vector<InputString> first(std::vector<InputString> strings, int limit) {
    if (limit > 0 && static_cast<std::size_t>(limit) < strings.size()) {
        strings.resize(static_cast<std::size_t>(limit));
    }
    return strings;
}

std::vector<InputString> from_prompts(const std::vector<std::string>& prompts) {
    std::vector<InputString> strings;
    for (const auto& prompt : prompts) {
        InputString string;
        string.id = std::to_string(strings.size() + 1);
        string.prompt = prompt;
        if (!is_utf8(prompt)) {
            fail({.where = "strings_of",
                  .expected = "a prompt in UTF-8",
                  .came = "other bytes in " + setting("prompt") + " number " + string.id});
        }
        strings.push_back(std::move(string));
    }
    return strings;
}

}  // namespace

std::vector<WorldPlan> StudyPlans::all() const {
    auto plans = worlds;
    plans.push_back(factual);
    return plans;
}

std::vector<std::string> StudyPlans::models() const {
    std::vector<std::string> models;
    for (const auto& plan : all()) {
        models.push_back(plan.model);
    }
    return models;
}

std::string model_path(const Study& study, const Work& work) {
    if (!study.model.empty()) {
        return study.model;
    }
    const auto path = std::filesystem::path(work.cache_folder) / kDefaultModel;
    if (work.cache_folder.empty() || !std::filesystem::exists(path)) {
        misuse({.where = "model_path",
                .expected = "a model (" + setting("model", "FILE") + ")",
                .came = "none, and no default model in " + work.cache_folder,
                .advice =
                    "give " + setting("model") + ", or run `make setup` to fetch the default one"});
    }
    return path.string();
}

PromptForm prompt_form(const Study& study) {
    const auto only = [&](bool given, const char* name) {
        if (given && !study.chat) {
            misuse({.where = "prompt_form",
                    .expected = setting("chat") + " with " + setting(name),
                    .came = setting(name) + " alone"});
        }
    };
    only(study.system.has_value(), "system");
    only(!study.chat_template.empty(), "chat_template");
    only(!study.chat_date.empty(), "chat_date");
    if (!study.chat_date.empty()) {
        require_date(study.chat_date);
    }
    return {
        .chat = study.chat,
        .system = study.system,
        .chat_template = study.chat_template.empty() ? "" : read_chat_template(study.chat_template),
        .chat_date = study.chat_date,
        .chat_clock = study.chat && study.chat_clock.empty() ? today() : study.chat_clock,
        .prefix = "",
        .suffix = ""};
}

StudyPlans plans_of(const Study& study, const Work& work) {
    WorldPlan plan;
    plan.model = model_path(study, work);
    plan.mechanism = study.mechanism;
    plan.cache_keys = study.cache_keys;
    plan.cache_values = study.cache_values;
    plan.flash_attention = study.flash_attention;
    plan.prompt = prompt_form(study);  // before any other file is read
    for (const auto& intervention : study.factual) {
        if (std::holds_alternative<Force>(intervention)) {
            misuse({.where = "plans_of",
                    .expected = item_kind("do") + " in a counterfactual world",
                    .came = setting("factual", items_text({intervention}))});
        }
    }
    StudyPlans plans{
        .factual = with_interventions(plan, {.name = "factual", .interventions = study.factual}),
        .worlds = {}};
    for (const auto& world : study.worlds) {
        plans.worlds.push_back(with_interventions(plans.factual, world));
    }
    return plans;
}

Study with_clock(Study study, const StudyPlans& plans) {
    if (!study.chat || !study.chat_date.empty()) {
        study.chat_clock.clear();
        return study;
    }
    if (!study.chat_clock.empty()) {
        return study;
    }
    const auto source = study.chat_template.empty() ? "" : read_chat_template(study.chat_template);
    if (std::ranges::any_of(plans.models(),
                            [&](const std::string& model) { return shows_today(model, source); })) {
        study.chat_clock = today();
    }
    return study;
}

std::vector<InputString> strings_of(const Study& study, std::istream* input) {
    if (!study.strings.empty()) {
        return first(study.strings, study.limit);
    }
    if (study.file.empty()) {
        return first(from_prompts(study.prompts), study.limit);
    }
    const ReadOptions options{.limit = study.limit,
                              .fields = study.fields,
                              .chat = study.chat,
                              .whole_texts = study.prompt_words + study.prompt_tokens > 0};
    if (study.file == "-" && input != nullptr) {
        return read_strings(*input, "standard input", options);
    }
    std::ifstream file = open_input(study.file, "a file of prompts");
    return read_strings(file, study.file, options);
}

Study with_strings(Study study, std::vector<InputString> strings) {
    study.prompts.clear();
    study.file.clear();
    study.fields = {};
    study.limit = 0;
    study.strings = std::move(strings);
    return study;
}

std::vector<std::string> files_of(const WorldPlan& plan) {
    auto files = network_files(plan);
    files.insert(files.begin(), plan.model);
    return files;
}

std::filesystem::path probes_folder(const Work& work) {
    return work.cache_folder.empty() ? std::filesystem::path()
                                     : std::filesystem::path(work.cache_folder) / "probes";
}

SessionOptions session_options(const Study& study, const Work& work) {
    SessionOptions options;
    options.open = {.model = {.gpu_layers = study.gpu_layers, .repack = !study.no_repack},
                    .strict_vocabulary = study.vocabulary == "strict",
                    .threads = thread_count(work.threads),
                    .force = work.force};
    options.context = study.context;
    options.parallel = work.parallel;
    options.max_rows = work.max_rows;
    options.memory = work.memory;
    options.fast = study.fast;
    if (!work.cache_folder.empty()) {
        options.costs = std::filesystem::path(work.cache_folder) / "calls";
    }
    options.probes = probes_folder(work);
    options.models = work.models;
    options.null_strings = study.null_strings;
    options.nudge_strings = study.nudge_strings;
    options.split = {.words = study.prompt_words, .tokens = study.prompt_tokens};
    options.seed = study.seed;
    options.samples = study.samples;
    options.tokens = study.tokens;
    options.stop_at_divergence = study.stop_at_divergence;
    options.independent = study.independent;
    options.skip_impossible = study.skip_impossible;
    return options;
}

}  // namespace otherwise
