#include "otherwise/model/inspect.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <set>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include "llama-cpp.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/affine_file.h"
#include "otherwise/model/chat.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/heads_file.h"
#include "otherwise/model/log.h"
#include "otherwise/model/lora_check.h"
#include "otherwise/model/model.h"

namespace otherwise {
namespace {

struct KnownSite {
    std::string_view node;
    std::string_view meaning;
};

constexpr std::array kSites = {
    KnownSite{"attn_norm", "input of the attention, after its norm"},
    KnownSite{"kqv_out", "attention heads, before their output projection"},
    KnownSite{"attn_out", "output of the attention, after its projection"},
    KnownSite{"ffn_norm", "input of the feed-forward network, after its norm"},
    KnownSite{"ffn_out", "output of the feed-forward network"},
    KnownSite{"l_out", "residual stream after the block"},
};

/// "l_out-12" -> "l_out" and 12; nothing for names without a layer.
std::optional<std::pair<std::string_view, int>> split_name(std::string_view name) {
    const auto dash = name.rfind('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    int layer = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + dash + 1, end, layer);
    if (parsed.ec != std::errc{} || parsed.ptr != end) {
        return std::nullopt;
    }
    return std::pair(name.substr(0, dash), layer);
}

/// What the graph's nodes are called.
struct Probe {
    std::map<std::string, std::set<int>, std::less<>> layers;
    std::map<std::string, int, std::less<>> widths;
    std::exception_ptr failure;

    void see(const ggml_tensor* node) {
        const auto name = split_name(node->name);
        if (!name) {
            return;
        }
        const auto known = std::find_if(kSites.begin(), kSites.end(),
                                        [&](const KnownSite& s) { return s.node == name->first; });
        if (known != kSites.end()) {
            layers[std::string(name->first)].insert(name->second);
            widths[std::string(name->first)] = static_cast<int>(node->ne[0]);
        }
    }
};

/// llama.cpp asks about each node before it is evaluated; no values are wanted.
bool on_node(ggml_tensor* node, bool ask, void* data) noexcept {
    auto* probe = static_cast<Probe*>(data);
    try {
        if (ask) {
            probe->see(node);
            return false;
        }
    } catch (...) {
        probe->failure = std::current_exception();
    }
    return !ask;
}

void evaluate(const Model& model, Probe& probe) {
    llama_context_params params = llama_context_default_params();
    // Two tokens: more threads would wait for each other longer than they work.
    params.n_threads = params.n_threads_batch = 1;
    params.n_ctx = 256;
    params.n_batch = 2;
    params.n_ubatch = 2;
    params.cb_eval = on_node;
    params.cb_eval_user_data = &probe;
    clear_backend_errors();
    const llama_context_ptr context(llama_init_from_model(model.handle(), params));
    Tokens tokens = {0, 1};
    const bool done =
        context && llama_decode(context.get(), llama_batch_get_one(tokens.data(), 2)) == 0;
    if (probe.failure) {
        std::rethrow_exception(probe.failure);
    }
    if (!done) {
        fail({.where = "find_sites",
              .expected = "a model that can be evaluated",
              .came = "'" + model.path().string() + "' (" + to_utf8(last_backend_error()) + ")"});
    }
}

int layer_of(std::string_view tensor) {
    constexpr std::string_view kBlock = "blk.";
    int layer = -1;
    if (tensor.starts_with(kBlock)) {
        std::from_chars(tensor.data() + kBlock.size(), tensor.data() + tensor.size(), layer);
    }
    return layer;
}

using Tensors = std::unordered_map<std::string_view, const GgufTensorInfo*>;

AdapterTensor lora_pair(const GgufFile& file, const Tensors& tensors, const GgufTensorInfo& a,
                        const std::string& base) {
    const auto second = tensors.find(base + ".lora_b");
    const GgufTensorInfo* b = second == tensors.end() ? nullptr : second->second;
    if (b == nullptr) {
        fail({.where = "describe_file",
              .expected = "a LoRA of whole pairs",
              .came = "half a pair for '" + to_utf8(base) + "' in '" + file.path().string() + "'"});
    }
    const auto at = [](const GgufTensorInfo& t, std::size_t i) {
        return i < t.shape.size() ? t.shape[i] : 1;
    };
    // A is [inputs, rank] and B [rank, outputs]; of the token embedding A is [rank, tokens] and B
    // [rank, n_embd].
    const bool embedding = base.ends_with("token_embd.weight");
    AdapterTensor pair{.name = base, .layer = layer_of(base)};
    pair.rank = static_cast<int>(at(*b, 0));
    pair.shape = embedding ? std::vector{at(a, 1), at(*b, 1)} : std::vector{at(a, 0), at(*b, 1)};
    return pair;
}

void describe_lora(const GgufFile& file, FileDescription& description) {
    constexpr std::string_view kSuffix = ".lora_a";
    description.kind = FileKind::lora;
    description.architecture = file.architecture();
    description.alpha = file.number("adapter.lora.alpha");
    auto left = lora_left_out(file);
    description.left_out = std::move(left.tensors);
    description.invocation = std::move(left.invocation);
    Tensors tensors;  // by name: a file may have many
    for (const auto& tensor : file.tensors()) {
        tensors.emplace(tensor.name, &tensor);
    }
    for (const auto& tensor : file.tensors()) {
        if (tensor.name.ends_with(kSuffix)) {
            const auto base = tensor.name.substr(0, tensor.name.size() - kSuffix.size());
            description.tensors.push_back(lora_pair(file, tensors, tensor, base));
        }
    }
}

void describe_vector(const GgufFile& file, FileDescription& description) {
    description.kind = FileKind::control_vector;
    description.architecture = file.text("controlvector.model_hint").value_or("");
    for (const auto& tensor : file.tensors()) {
        constexpr std::string_view kDirection = "direction.";
        if (!tensor.name.starts_with(kDirection)) {
            continue;
        }
        AdapterTensor direction{.name = tensor.name, .shape = tensor.shape};
        const char* end = tensor.name.data() + tensor.name.size();
        std::from_chars(tensor.name.data() + kDirection.size(), end, direction.layer);
        description.width = static_cast<int>(tensor.shape.front());
        description.tensors.push_back(std::move(direction));
    }
}

std::string node_name(const std::string& node, int layer) {
    return node + "-" + std::to_string(layer);
}

void describe_affine(const AffineFile& file, FileDescription& description) {
    description.kind = FileKind::affine;
    description.node = file.node;
    description.width = file.width;
    for (const auto& [layer, map] : file.maps) {
        description.tensors.push_back({.name = node_name(file.node, layer),
                                       .layer = layer,
                                       .rank = map.rank,
                                       .shape = {file.width},
                                       .form = std::string(form_name(map.form()))});
    }
}

/// Heads with a shift other than zero.
int chosen_heads(const HeadsFile& file, const std::vector<float>& shift) {
    int chosen = 0;
    for (auto head = shift.begin(); head != shift.end(); head += file.head_width) {
        const bool any = std::any_of(head, head + file.head_width, [](float x) { return x != 0; });
        chosen += any ? 1 : 0;
    }
    return chosen;
}

void describe_heads(const HeadsFile& file, FileDescription& description) {
    description.kind = FileKind::heads;
    description.node = "kqv_out";
    description.width = file.width();
    for (const auto& [layer, shift] : file.shifts) {
        description.tensors.push_back({.name = node_name(description.node, layer),
                                       .layer = layer,
                                       .shape = {file.head_width, file.n_head},
                                       .form = std::to_string(chosen_heads(file, shift)) + " of " +
                                               std::to_string(file.n_head) + " heads"});
    }
}

}  // namespace

std::vector<Site> find_sites(const Model& model) {
    if (model.options().vocabulary_only) {
        misuse({.where = "find_sites",
                .expected = "a model with its weights",
                .came = "only a vocabulary"});
    }
    Probe probe;
    evaluate(model, probe);
    std::vector<Site> sites;
    for (const auto& known : kSites) {
        const auto found = probe.layers.find(known.node);
        if (found != probe.layers.end()) {
            sites.push_back({.node = found->first,
                             .meaning = std::string(known.meaning),
                             .layers = {found->second.begin(), found->second.end()},
                             .width = probe.widths.find(known.node)->second});
        }
    }
    return sites;
}

namespace {

void add_chat(const Model& model, Inspection& facts) {
    if (!facts.chat_template) {
        return;
    }
    try {
        const ChatReader chat(model);
        const std::vector<ChatMessage> question{{.role = "user", .content = "Hello"}};
        facts.chat = {.hash = chat.form().hash(),
                      .abilities = chat.form().abilities(),
                      .reads_clock = chat.form().reads_clock(),
                      .takes_date = chat.form().takes_date(),
                      .question = whole_text(chat.text(question)),
                      .turn_end = chat.turn_end()};
        if (facts.chat->turn_end >= 0) {
            facts.chat->turn_end_name = model.token_name(facts.chat->turn_end);
        }
    } catch (const Error& error) {
        facts.chat_problem = error.text(setting);
    }
}

}  // namespace

Inspection inspect(const Model& model) {
    Inspection facts{.path = model.path().string(),
                     .name = model.name(),
                     .architecture = model.architecture(),
                     .quantization = model.quantization(),
                     .hash = model.hash(),
                     .n_params = model.n_params(),
                     .size_bytes = model.size_bytes(),
                     .n_layer = model.n_layer(),
                     .n_embd = model.n_embd(),
                     .n_head = model.n_head(),
                     .n_head_kv = model.n_head_kv(),
                     .n_ctx_train = model.n_ctx_train(),
                     .sliding_window = model.sliding_window(),
                     .recurrent = model.recurrent(),
                     .n_vocab = model.n_vocab(),
                     .bos = model.bos(),
                     .eos = model.eos(),
                     .chat_template = model.chat_template(),
                     .sites = find_sites(model)};
    for (Token token = 0; token < facts.n_vocab; ++token) {
        ++facts.token_kinds[model.kind(token)];
        if (model.ends(token)) {
            facts.ends.push_back(token);
            facts.end_names.push_back(model.token_name(token));
        }
    }
    add_chat(model, facts);
    const GgufFile file = GgufFile::open(model.path());
    for (const auto& tensor : file.tensors()) {
        ++facts.tensor_types[tensor.type];
    }
    return facts;
}

std::string FileDescription::fit(std::string_view key) const {
    const std::string whole = std::string(kNotesPrefix) + std::string(key);
    const auto at = std::find_if(metadata.begin(), metadata.end(),
                                 [&](const auto& entry) { return entry.first == whole; });
    return at == metadata.end() ? "" : at->second;
}

FileDescription describe_file(const std::filesystem::path& path) {
    const GgufFile file = GgufFile::open(path);
    FileDescription description{.path = path.string(), .metadata = file.metadata()};
    const bool has_direction =
        std::any_of(file.tensors().begin(), file.tensors().end(),
                    [](const GgufTensorInfo& t) { return t.name.starts_with("direction."); });
    if (file.architecture() == "otherwise.affine") {
        describe_affine(load_affine(path), description);
    } else if (file.architecture() == "otherwise.heads") {
        describe_heads(load_heads(path), description);
    } else if (file.architecture() == "controlvector" || has_direction) {
        describe_vector(file, description);
    } else if (file.type() == "adapter") {
        describe_lora(file, description);
    } else if (file.find("token_embd.weight") != nullptr || file.number("split.no")) {
        description.kind = FileKind::model;
        description.architecture = file.architecture();
    }
    std::stable_sort(description.tensors.begin(), description.tensors.end(),
                     [](const auto& a, const auto& b) { return a.layer < b.layer; });
    return description;
}

}  // namespace otherwise
