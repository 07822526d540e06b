// otherwise inspect: what a model, adapter or fitted file is, and where it acts.
#include <fmt/core.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "otherwise/api/inspect.h"
#include "otherwise/base/error.h"
#include "otherwise/base/setting.h"
#include "otherwise/base/strict_stream.h"
#include "otherwise/base/text.h"

namespace otherwise::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestValue = 100;
constexpr std::size_t kShortHash = 12;
constexpr double kMillion = 1e6;
constexpr int kMostThreads = 512;

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

std::string invariance_text(const Invariance& invariance) {
    if (!invariance.probe.invariant) {
        return fmt::format("no: {} differs by up to {:.3g} nats", invariance.probe.shape,
                           invariance.probe.worst);
    }
    if (const auto& fixed = invariance.remedy.fixed; fixed.any()) {
        return fmt::format("yes, with all calls of {} x {} rows{}", fixed.streams, fixed.rows,
                           fixed.flash_attention ? "" : " and no flash attention");
    }
    return fmt::format("yes, with at least {} rows a call{}", invariance.remedy.least_rows,
                       invariance.remedy.repack ? "" : " and weights not repacked");
}

std::string chat_text(const Inspection& i) {
    if (!i.chat) {
        return line("chat template", !i.chat_template
                                         ? "none"
                                         : "yes, which --chat cannot use: " +
                                               with_settings(i.chat_problem, flag_text));
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
        text += line("", fmt::format("a turn ends by {} {}", chat.turn_end, chat.turn_end_name));
    }
    auto lines = strict(std::istringstream(chat.question));
    const char* title = "\"Hello\" as a chat";
    for (std::string one; std::getline(lines, one); title = "") {
        text += line(title, to_utf8(one));
    }
    return text;
}

/// "zen4; here run also icelake, haswell".
std::string kernels_text(const ModelFacts& model) {
    std::string others;
    for (const auto& variant : model.variants) {
        if (variant.score > 0 && variant.name != model.cpu_variant) {
            others += (others.empty() ? "" : ", ") + variant.name;
        }
    }
    return model.cpu_variant + (others.empty() ? "" : "; here run also " + others);
}

std::string model_text(const ModelFacts& model) {
    const Inspection& i = model.inspection;
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
    for (std::size_t n = 0; n < i.ends.size(); ++n) {
        ends += (n == 0 ? "" : ", ") + fmt::format("{} {}", i.ends[n], i.end_names[n]);
    }
    text += line("vocabulary", fmt::format("{} tokens; ends: {}", i.n_vocab, ends));
    text += chat_text(i);
    text += line("cpu variant", kernels_text(model));
    text += line("batch invariant", invariance_text(model.invariance));
    text += "\nsites where an intervention can act\n";
    for (const auto& site : i.sites) {
        text += fmt::format("  {:<12} layers {:<8} width {:<6} {}\n", site.node + "-N",
                            layers_text(site.layers), site.width, site.meaning);
    }
    return text;
}

const char* kind_title(FileKind kind) {
    switch (kind) {
        case FileKind::model:
            return "model";
        case FileKind::lora:
            return "LoRA adapter";
        case FileKind::control_vector:
            return "control vector";
        case FileKind::affine:
            return "affine map of states";
        case FileKind::heads:
            return "shifts of attention heads";
        case FileKind::other:
            break;
    }
    return "GGUF file of no known kind";
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
    std::string text = line("kind", kind_title(d.kind));
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

int list_templates(const InspectArguments& a, Output& out) {
    const auto names = chat_template_names();
    out.write(a.json ? Json(names).dump(2) + "\n" : fmt::format("{}\n", fmt::join(names, "\n")));
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
    const bool evaluates = describe_file(a.path).kind == FileKind::model;
    if (evaluates) {
        (void)start_kernels(a.kernels);
    }
    const auto facts = inspect(a.path, {.threads = a.threads, .cpu_variant = a.kernels.cpu_variant},
                               a.kernels.no_repack);
    if (a.json) {
        out.write(to_json(facts) + "\n");
        return 0;
    }
    if (evaluates) {
        note_repacking(a.kernels, {a.path});
    }
    out.show(facts.model ? model_text(*facts.model) : adapter_text(facts.file));
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
