#include "otherwise/fit/tail/architecture.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr int kGemmaPattern = 6;   // every sixth layer sees the whole context
constexpr int kLargestGemma = 62;  // gemma3 27B scales its attention by the model's width
constexpr double kMostNumber = 1e9;

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

[[noreturn]] void refuse(const GgufFile& file, const std::string& came) {
    fail({.where = "architecture_of",
          .expected = "a model of an architecture that can be edited (" +
                      joined(editable_architectures()) + "; Mistral and SmolLM2 are llama)",
          .came = came + ", '" + file.path().string() + "'"});
}

/// A header's numbers, by names without the architecture.
class Header {
public:
    explicit Header(const GgufFile& file) : file_(file), prefix_(file.architecture() + ".") {}
    [[nodiscard]] std::optional<double> number(const std::string& key) const {
        return file_.number(prefix_ + key);
    }
    [[nodiscard]] double number(const std::string& key, double otherwise) const {
        return number(key).value_or(otherwise);
    }
    [[nodiscard]] int count(const std::string& key) const {
        const auto value = number(key);
        if (!value || *value < 1 || *value > kMostNumber) {
            refuse(file_, "one without a sound " + key);
        }
        return static_cast<int>(*value);
    }
    [[nodiscard]] int count(const std::string& key, int otherwise) const {
        return number(key) ? count(key) : otherwise;
    }
    [[nodiscard]] std::string text(const std::string& key) const {
        return file_.text(prefix_ + key).value_or("");
    }

private:
    const GgufFile& file_;
    std::string prefix_;
};

void read_rope(const GgufFile& file, const Header& header, Architecture& a) {
    const auto scaling = header.text("rope.scaling.type");
    if (!scaling.empty() && scaling != "none" && scaling != "linear") {
        refuse(file, "one with rope scaling '" + to_utf8(scaling) + "'");
    }
    double factor = header.number("rope.scaling.factor", header.number("rope.scale_linear", 0.0));
    factor = factor == 0.0 || scaling == "none" ? 1.0 : factor;
    a.rope.base = static_cast<float>(header.number("rope.freq_base", 10000.0));
    a.rope.scale = static_cast<float>(1.0 / factor);
    a.rope.neox = a.name != "llama";
    a.rope.used = a.name != "gpt2";
    a.local_rope = a.rope;
    if (a.rope.used && header.count("rope.dimension_count", a.head) != a.head) {
        refuse(file, "one that turns a part of each head only");
    }
}

void read_window(const GgufFile& file, const Header& header, Architecture& a) {
    a.sliding.assign(static_cast<std::size_t>(a.n_layer), false);
    if (a.name != "gemma3") {
        return;
    }
    a.window = static_cast<int>(header.number("attention.sliding_window", 0.0));
    if (a.window == 0) {
        return;
    }
    for (const auto& [key, value] : file.metadata()) {
        if (key == "gemma3.attention.sliding_window_pattern" && value.starts_with('[')) {
            refuse(file, "one that lists which layers slide");
        }
    }
    const int pattern = header.count("attention.sliding_window_pattern", kGemmaPattern);
    for (int layer = 0; layer < a.n_layer; ++layer) {
        a.sliding[static_cast<std::size_t>(layer)] = layer % pattern < pattern - 1;
    }
    a.local_rope.base = static_cast<float>(header.number("rope.freq_base_swa", 10000.0));
    a.local_rope.scale = 1.0F;
}

void read_kind(Architecture& a, const Header& header) {
    const bool gpt2 = a.name == "gpt2";
    const bool gemma = a.name == "gemma3";
    a.rms = !gpt2;
    a.gated = !gpt2;
    a.head_norms = gemma || a.name == "qwen3";
    a.post_norms = gemma;
    a.activation = gpt2 || gemma ? Activation::gelu : Activation::silu;
    a.epsilon = static_cast<float>(header.number(
        gpt2 ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", 1e-5));
    a.softcap = gemma ? static_cast<float>(header.number("final_logit_softcapping", 0.0)) : 0.0F;
    const int scaled = gemma && a.n_layer == kLargestGemma ? a.width / a.n_head : a.head;
    a.attention_scale = 1.0F / std::sqrt(static_cast<float>(scaled));
}

/// What the rebuilt blocks would leave out.
void refuse_extras(const GgufFile& file, const Header& header) {
    if (header.number("expert_count", 0.0) > 0) {
        refuse(file, "a mixture of experts");
    }
    for (const auto& tensor : file.tensors()) {
        if (tensor.name.ends_with(".scale")) {
            refuse(file,
                   "one whose weights have scales of their own ('" + to_utf8(tensor.name) + "')");
        }
    }
}

}  // namespace

std::vector<std::string> editable_architectures() {
    return {"llama", "qwen2", "qwen3", "gemma3", "gpt2"};
}

Architecture architecture_of(const GgufFile& file) {
    Architecture a;
    a.name = file.architecture();
    const auto known = editable_architectures();
    if (std::find(known.begin(), known.end(), a.name) == known.end()) {
        refuse(file, a.name.empty() ? "none" : to_utf8(a.name));
    }
    const Header header(file);
    refuse_extras(file, header);
    a.n_layer = header.count("block_count");
    a.width = header.count("embedding_length");
    a.inner = header.count("feed_forward_length");
    a.n_head = header.count("attention.head_count");
    a.n_head_kv = header.count("attention.head_count_kv", a.n_head);
    a.head = header.count("attention.key_length", a.width / a.n_head);
    a.context = header.count("context_length");
    a.fused = file.find("blk.0.attn_qkv.weight") != nullptr;
    if (a.n_head % a.n_head_kv != 0 || header.count("attention.value_length", a.head) != a.head) {
        refuse(file, "one whose heads do not fit together");
    }
    read_kind(a, header);
    read_rope(file, header, a);
    read_window(file, header, a);
    return a;
}

std::string Architecture::key_node(int layer) const {
    const std::string act = activation == Activation::silu ? "ffn_swiglu-" : "ffn_geglu-";
    return (gated ? act : std::string("ffn_gelu-")) + std::to_string(layer);
}
std::string value_node(int layer) { return "ffn_out-" + std::to_string(layer); }
std::string Architecture::attention_node(int layer) const {
    return (post_norms ? "sa_out-" : "ffn_inp-") + std::to_string(layer);
}
std::string down_name(int layer) { return "blk." + std::to_string(layer) + ".ffn_down"; }

}  // namespace otherwise
