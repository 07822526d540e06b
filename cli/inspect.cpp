// otherwise inspect: what a model, adapter or fitted file is, and where it acts.
#include "otherwise/model/inspect.h"
#include "otherwise/api/kernels_json.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/context.h"
#include "otherwise/model/probe.h"
#include "otherwise/model/shipped_templates.h"
#include "otherwise/model/system.h"

namespace otherwise::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestValue = 100;
constexpr std::size_t kShortHash = 12;
constexpr double kMillion = 1e6;
constexpr int kMostThreads = 512;
constexpr int kManyRows = 8;
constexpr int kProbeLength = 512;
constexpr int kProbeRows = 128;

struct InspectArguments {
    std::string path;
    int threads = 0;
    KernelArguments kernels;
    bool json = false;
    bool templates = false;
};

/// Line of two columns.
std::string line(const std::string& name, const std::string& value) {
    return fmt::format("{:<18} {}\n", name, value);
}

std::string layers_text(const std::vector<int>& layers) {
    if (layers.empty()) {
        return "none";
    }
    const bool dense = layers.back() - layers.front() + 1 == static_cast<int>(layers.size());
    return dense ? fmt::format("{}-{}", layers.front(), layers.back())
                 : fmt::format("{} layers", layers.size());
}

/// Batch invariance, and what it takes.
struct Invariance {
    Probe probe;
    bool repack = true;
    int least_rows = 2;
};

Invariance probe_model(const std::string& path, int threads, ModelOptions model_options) {
    Invariance result;
    const bool may_repack = model_options.repack;
    for (const bool repack : {true, false}) {
        if (repack && !may_repack) {
            continue;
        }
        model_options.repack = repack;
        const auto model = Model::load(path, model_options);
        for (const int least_rows : {2, kManyRows}) {
            ContextOptions options{.n_streams = probe_streams(least_rows),
                                   .stream_length = kProbeLength,
                                   .max_rows = kProbeRows};
            options.threads = threads;
            options.least_rows = least_rows;
            Context context(model, options);
            result = {
                .probe = probe_invariance(context), .repack = repack, .least_rows = least_rows};
            if (result.probe.invariant) {
                return result;
            }
        }
    }
    return result;
}

std::string invariance_text(const Invariance& invariance) {
    if (!invariance.probe.invariant) {
        return fmt::format("no: {} differs by up to {:.3g} nats", invariance.probe.shape,
                           invariance.probe.worst);
    }
    return fmt::format("yes, with at least {} rows a call{}", invariance.least_rows,
                       invariance.repack ? "" : " and weights not repacked");
}

/// Which day the chat template shows.
std::string date_word(const ChatFacts& chat) {
    if (chat.reads_clock) {
        return "today";
    }
    return chat.takes_date ? "own" : "none";
}

Json model_json(const Inspection& i, const Invariance& invariance) {
    Json json{{"kind", "model"},
              {"path", i.path},
              {"name", i.name},
              {"architecture", i.architecture},
              {"quantization", i.quantization},
              {"sha256", i.hash},
              {"parameters", i.n_params},
              {"bytes", i.size_bytes},
              {"layers", i.n_layer},
              {"width", i.n_embd},
              {"heads", i.n_head},
              {"heads_kv", i.n_head_kv},
              {"context", i.n_ctx_train},
              {"sliding_window", i.sliding_window},
              {"recurrent", i.recurrent},
              {"vocabulary", i.n_vocab},
              {"end_tokens", i.ends},
              {"bos", i.bos},
              {"chat_template", i.chat_template.value_or("")},
              {"chat_works", i.chat.has_value()},
              {"batch_invariant", invariance.probe.invariant},
              {"least_rows", invariance.least_rows},
              {"needs_no_repacking", !invariance.repack}};
    if (i.chat) {
        json["chat"] = {
            {"sha256", i.chat->hash},           {"system", i.chat->abilities.system},
            {"tools", i.chat->abilities.tools}, {"reasoning", i.chat->abilities.reasoning},
            {"date", date_word(*i.chat)},       {"turn_end", i.chat->turn_end},
            {"example", i.chat->question}};
    } else if (i.chat_template) {
        json["chat_problem"] = i.chat_problem;
    }
    json.update(kernels_json());
    json["sites"] = Json::array();
    for (const auto& site : i.sites) {
        json["sites"].push_back({{"node", site.node},
                                 {"meaning", site.meaning},
                                 {"layers", site.layers},
                                 {"width", site.width}});
    }
    return json;
}

std::string chat_text(const Inspection& i, const Model& model) {
    if (!i.chat) {
        return line("chat template",
                    !i.chat_template ? "none" : "yes, which --chat cannot use: " + i.chat_problem);
    }
    const ChatFacts& chat = *i.chat;
    const auto has = [](bool yes, const char* what) {
        return std::string(yes ? "" : "no ") + what;
    };
    std::string text = line("chat template", "yes, --chat works; sha256 " + chat.hash);
    text += line("", has(chat.abilities.system, "system role") + ", " +
                         has(chat.abilities.tools, "tools") + ", " +
                         has(chat.abilities.reasoning, "reasoning"));
    if (chat.reads_clock || chat.takes_date) {
        text += line("", chat.reads_clock ? "shows the day of the run (--chat-date)"
                                          : "shows a day of its own, or that of --chat-date");
    }
    if (chat.turn_end >= 0) {
        text += line("", fmt::format("a turn ends by {} {}", chat.turn_end,
                                     model.token_name(chat.turn_end)));
    }
    std::istringstream lines(chat.question);
    const char* title = "\"Hello\" as a chat";
    for (std::string one; std::getline(lines, one); title = "") {
        text += line(title, to_utf8(one));
    }
    return text;
}

/// "zen4; here run also icelake, haswell".
std::string kernels_text() {
    std::string others;
    for (const auto& variant : cpu_variants()) {
        if (variant.score > 0 && variant.name != active_cpu_variant()) {
            others += (others.empty() ? "" : ", ") + variant.name;
        }
    }
    return active_cpu_variant() + (others.empty() ? "" : "; here run also " + others);
}

std::string model_text(const Inspection& i, const Model& model, const Invariance& invariance) {
    std::string text = line("model", i.name) + line("file", i.path) + line("sha256", i.hash);
    text += line("architecture", i.architecture + (i.recurrent ? ", recurrent or hybrid" : ""));
    text += line("quantization", fmt::format("{}, {:.1f} MB, {:.1f} M parameters", i.quantization,
                                             static_cast<double>(i.size_bytes) / kMillion,
                                             static_cast<double>(i.n_params) / kMillion));
    text += line("layers", fmt::format("{}, width {}, {} heads ({} of keys)", i.n_layer, i.n_embd,
                                       i.n_head, i.n_head_kv));
    text += line("context", fmt::format("{} tokens{}", i.n_ctx_train,
                                        i.sliding_window > 0
                                            ? fmt::format(", sliding window {}", i.sliding_window)
                                            : ""));
    std::string ends;
    for (const Token token : i.ends) {
        ends += (ends.empty() ? "" : ", ") + fmt::format("{} {}", token, model.token_name(token));
    }
    text += line("vocabulary", fmt::format("{} tokens; ends: {}", i.n_vocab, ends));
    text += chat_text(i, model);
    text += line("cpu variant", kernels_text());
    text += line("batch invariant", invariance_text(invariance));
    text += "\nsites where an intervention can act\n";
    for (const auto& site : i.sites) {
        text += fmt::format("  {:<12} layers {:<8} width {:<6} {}\n", site.node + "-N",
                            layers_text(site.layers), site.width, site.meaning);
    }
    return text;
}

struct KindName {
    const char* word;
    const char* title;
};

KindName kind_of(FileKind kind) {
    switch (kind) {
        case FileKind::model:
            return {.word = "model", .title = "model"};
        case FileKind::lora:
            return {.word = "lora", .title = "LoRA adapter"};
        case FileKind::control_vector:
            return {.word = "control_vector", .title = "control vector"};
        case FileKind::affine:
            return {.word = "affine", .title = "affine map of states"};
        case FileKind::heads:
            return {.word = "heads", .title = "shifts of attention heads"};
        default:
            return {.word = "other", .title = "GGUF file of no known kind"};
    }
}

/// How it was fitted, as far as the file says.
std::string fit_text(const FileDescription& d) {
    std::string text;
    for (const char* key : {"method", "variant", "site", "layers", "pooling", "quality"}) {
        auto value = d.fit(key);
        for (std::size_t end = value.find("; "); end != std::string::npos; end = value.find("; ")) {
            text += line(key, to_utf8(value.substr(0, end)));  // one finding a line
            value.erase(0, end + 2);
            key = "";
        }
        text += value.empty() ? "" : line(key, to_utf8(value));
    }
    return text;
}

/// The model that it is for.
std::string model_of(const FileDescription& d) {
    const std::string hash = d.fit("model_sha256").substr(0, kShortHash);
    const std::string name = d.fit("model_name").empty() ? d.architecture : d.fit("model_name");
    if (hash.empty()) {
        return name.empty() ? "not said" : to_utf8(name);
    }
    return to_utf8(name + (name.empty() ? "" : ", ") + "sha256 " + hash + "…");
}

std::string adapter_text(const FileDescription& d) {
    std::string text = line("kind", kind_of(d.kind).title);
    text += line("file", d.path);
    text += line("for", model_of(d));
    text += fit_text(d);
    if (d.alpha) {
        text += line("alpha", fmt::format("{}", *d.alpha));
    }
    if (d.width > 0) {
        text += line("width", std::to_string(d.width));
    }
    const std::string nodes = d.tensors.size() == 1 ? " node" : " nodes";
    text += line(d.node.empty() ? "tensors" : "acts at",
                 std::to_string(d.tensors.size()) + (d.node.empty() ? "" : nodes));
    for (const auto& tensor : d.tensors) {
        std::string shape;
        for (const auto n : tensor.shape) {
            shape += (shape.empty() ? "" : " × ") + std::to_string(n);
        }
        text += fmt::format("  {:<28} {}{}{}\n", tensor.name, shape,
                            tensor.form.empty() ? "" : ", " + tensor.form,
                            tensor.rank > 0 ? fmt::format(", rank {}", tensor.rank) : "");
    }
    if (!d.left_out.empty()) {
        text += line("left out",
                     fmt::format("{} (llama.cpp applies no norms)", fmt::join(d.left_out, ", ")));
    }
    if (!d.invocation.empty()) {
        text += line("activated by", fmt::format("tokens {}", fmt::join(d.invocation, " ")));
    }
    text += line("metadata", std::to_string(d.metadata.size()));
    for (const auto& [key, value] : d.metadata) {
        text += fmt::format(
            "  {:<28} {}\n", key,
            value.size() > kLongestValue ? to_utf8(value.substr(0, kLongestValue)) + "…" : value);
    }
    return text;
}

Json adapter_json(const FileDescription& d) {
    Json json{{"kind", kind_of(d.kind).word},
              {"path", d.path},
              {"architecture", d.architecture},
              {"width", d.width}};
    if (!d.node.empty()) {
        json["node"] = d.node;
    }
    if (d.alpha) {
        json["alpha"] = *d.alpha;
    }
    json["tensors"] = Json::array();
    for (const auto& tensor : d.tensors) {
        json["tensors"].push_back({{"name", tensor.name},
                                   {"layer", tensor.layer},
                                   {"rank", tensor.rank},
                                   {"shape", tensor.shape}});
        if (!tensor.form.empty()) {
            json["tensors"].back()["form"] = tensor.form;
        }
    }
    if (d.kind == FileKind::lora) {
        json["left_out"] = d.left_out;
        json["invocation_tokens"] = d.invocation;
    }
    json["metadata"] = Json::object();
    for (const auto& [key, value] : d.metadata) {
        json["metadata"][key] = value;
    }
    return json;
}

int list_templates(const InspectArguments& a, Output& out) {
    if (!chat_templates_work()) {
        fail({.where = "list_templates",
              .expected = "a build with llama.cpp's source, which has chat templates",
              .came = "one on an installed llama.cpp"});
    }
    Json names = Json::array();
    std::string text;
    for (const auto& shipped : shipped_templates()) {
        names.push_back(shipped.name);
        text += std::string(shipped.name) + "\n";
    }
    out.write(a.json ? names.dump(2) + "\n" : text);
    return 0;
}

int inspect_file(const InspectArguments& a) {
    Output out("-");
    out.require();
    if (a.templates) {
        return list_templates(a, out);
    }
    if (a.path.empty()) {
        misuse(
            {.where = "inspect_file", .expected = "FILE for `otherwise inspect`", .came = "none"});
    }
    const auto description = describe_file(a.path);
    if (description.kind != FileKind::model) {
        out.write(a.json ? adapter_json(description).dump(2) + "\n" : adapter_text(description));
        return 0;
    }
    const auto options = start_kernels(a.kernels);
    const auto invariance = probe_model(a.path, thread_count(a.threads), options);
    if (!a.json) {
        note_repacking(a.kernels, {a.path});
    }
    const auto model = Model::load(a.path, options);
    const auto inspection = inspect(*model);
    out.write(a.json ? model_json(inspection, invariance).dump(2) + "\n"
                     : model_text(inspection, *model, invariance));
    return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("inspect",
                                       "what a model, LoRA or fitted file is, and where it acts\n"
                                       "Usage: otherwise inspect FILE [options]");
    const auto a = std::make_shared<InspectArguments>();
    command->add_option("FILE,-m,--model", a->path, "a GGUF file")->type_name("FILE");
    whole(command->add_option("-t,--threads", a->threads, "threads [all processors]"), -1,
          kMostThreads);
    add_kernel_options(*command, a->kernels, "Options");
    command->add_flag("--json", a->json, "print it as JSON");
    command->add_flag("--chat-templates", a->templates,
                      "print the names that --chat-template takes, and no more");
    command->footer(
        "Examples:\n  otherwise inspect model.gguf\n  otherwise inspect sad.gguf --json");
    command->callback([a, &action] { action = [a] { return inspect_file(*a); }; });
}

}  // namespace otherwise::cli
