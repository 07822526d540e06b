#include "otherwise/fit/tail/architecture.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "otherwise/base/error.h"
#include "otherwise/base/joined.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr double kMostNumber = 1e9;

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
    a.rope.magnitude = static_cast<float>(header.number("rope.scaling.attn_factor", 1.0));
    a.rope.dims = header.count("rope.dimension_count", a.head);
    if (a.rope.dims > a.head || a.rope.dims % 2 != 0) {
        refuse(file, "one that turns " + std::to_string(a.rope.dims) + " values of heads of " +
                         std::to_string(a.head));
    }
    a.local_rope = a.rope;
}

void read_window(const GgufFile& file, const Header& header, Architecture& a) {
    a.sliding.assign(static_cast<std::size_t>(a.n_layer), false);
    if (a.form.window_every == 0) {
        return;
    }
    a.window = static_cast<int>(header.number("attention.sliding_window", 0.0));
    if (a.window == 0) {
        return;
    }
    const auto pattern_key = std::string(a.form.name) + ".attention.sliding_window_pattern";
    for (const auto& [key, value] : file.metadata()) {
        if (key == pattern_key && value.starts_with('[')) {
            refuse(file, "one that lists which layers slide");
        }
    }
    const int every = header.count("attention.sliding_window_pattern", a.form.window_every);
    for (int layer = 0; layer < a.n_layer; ++layer) {
        a.sliding[static_cast<std::size_t>(layer)] = layer % every < every - 1;
    }
    const double base = a.form.window_base > 0.0F ? a.form.window_base : a.rope.base;
    a.local_rope.base = static_cast<float>(header.number("rope.freq_base_swa", base));
    a.local_rope.scale = 1.0F;
    a.local_rope.magnitude = 1.0F;
}

void read_scales(const Header& header, Architecture& a) {
    a.epsilon = static_cast<float>(header.number(
        a.form.rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", 1e-5));
    a.softcap =
        a.form.capped ? static_cast<float>(header.number("final_logit_softcapping", 0.0)) : 0.0F;
    const int scaled = a.n_layer == a.form.wide_layers ? a.width / a.n_head : a.head;
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

Architecture architecture_of(const GgufFile& file) {
    Architecture a;
    const auto name = file.architecture();
    const auto forms = architecture_forms();
    const auto form = std::ranges::find(forms, name, &ArchitectureForm::name);
    if (form == forms.end()) {
        refuse(file, name.empty() ? "none" : to_utf8(name));
    }
    a.form = *form;
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
    read_scales(header, a);
    read_rope(file, header, a);
    read_window(file, header, a);
    return a;
}

std::string Architecture::key_node(int layer) const {
    return std::string(form.key_node) + "-" + std::to_string(layer);
}
std::string Architecture::attention_node(int layer) const {
    return std::string(form.attention_node) + "-" + std::to_string(layer);
}
std::string value_node(int layer) { return "ffn_out-" + std::to_string(layer); }
std::string down_name(int layer) { return "blk." + std::to_string(layer) + ".ffn_down"; }

}  // namespace otherwise
