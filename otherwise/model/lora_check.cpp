#include "otherwise/model/lora_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/text.h"
#include "otherwise/model/finite_values.h"
#include "otherwise/model/sound_model.h"

namespace otherwise {
namespace {

constexpr std::string_view kA = ".lora_a";
constexpr std::string_view kB = ".lora_b";
constexpr std::string_view kEmbedding = "token_embd.weight";

using Shape = std::array<std::int64_t, 4>;  // with trailing 1s

[[noreturn]] void refuse(const GgufFile& file, const std::string& came,
                         const std::string& advice = "") {
    fail({.where = "check_lora",
          .expected = "a LoRA adapter for the model",
          .came = came + ", '" + file.path().string() + "'",
          .advice = advice});
}

void check_kind(const GgufFile& file, const Model& model) {
    if (file.architecture() == "controlvector") {
        refuse(file, "a control vector", "use it with " + setting("control_vector"));
    }
    if (file.type() != "adapter") {
        refuse(file, "a GGUF of another kind");
    }
    const auto kind = file.text("adapter.type");
    if (kind != "lora") {
        refuse(file, "an adapter of another kind (" + to_utf8(kind.value_or("none")) + ")");
    }
    if (file.architecture() != model.architecture()) {
        refuse(file, "one for " + to_utf8(file.architecture()) + " where the model is " +
                         model.architecture());
    }
    const auto alpha = file.number("adapter.lora.alpha");
    const auto all = file.metadata();
    const bool said = std::any_of(all.begin(), all.end(),
                                  [](const auto& kv) { return kv.first == "adapter.lora.alpha"; });
    if (said && (!alpha || !std::isfinite(*alpha))) {
        refuse(file, "one whose adapter.lora.alpha is no number");
    }
}

Shape shape_of(const GgufTensorInfo& tensor) {
    Shape shape{1, 1, 1, 1};
    std::copy(tensor.shape.begin(), tensor.shape.end(), shape.begin());
    return shape;
}

/// Every tensor of the model, of all its files.
std::map<std::string, Shape> shapes_of(const Model& model) {
    std::map<std::string, Shape> shapes;
    for (const auto& path : model.files()) {
        const GgufFile file = GgufFile::open(path);
        for (const auto& tensor : file.tensors()) {
            shapes.emplace(tensor.name, shape_of(tensor));
        }
    }
    return shapes;
}

std::string words(const Shape& shape) {
    std::size_t dimensions = 2;
    for (std::size_t i = 2; i < shape.size(); ++i) {
        dimensions = shape[i] != 1 ? i + 1 : dimensions;
    }
    std::string text;
    for (std::size_t i = 0; i < dimensions; ++i) {
        text += (i == 0 ? "" : " x ") + std::to_string(shape[i]);
    }
    return text;
}

/// One pair for the weight `name`.
void check_pair(const GgufFile& file, const std::string& name, const Shape& weight,
                const GgufTensorInfo& first, const GgufTensorInfo& second) {
    for (const auto* tensor : {&first, &second}) {
        if (!is_matrix_type(tensor->type)) {
            refuse(file, "'" + to_utf8(tensor->name) + "' in " + tensor->type +
                             ", which nothing can be multiplied with");
        }
    }
    const Shape a = shape_of(first);
    const Shape b = shape_of(second);
    const bool embedding = name.ends_with(kEmbedding);
    const std::int64_t rank = embedding ? a[0] : a[1];
    const Shape good_a =
        embedding ? Shape{rank, weight[1], 1, 1} : Shape{weight[0], rank, weight[2], weight[3]};
    const Shape good_b =
        embedding ? Shape{rank, weight[0], 1, 1} : Shape{rank, weight[1], weight[2], weight[3]};
    const auto check = [&](const char* which, const Shape& good, const Shape& is) {
        if (good != is) {
            refuse(file, std::string(which) + " of '" + to_utf8(name) + "' is " + words(is) +
                             " where the model's " + words(weight) + " asks for " + words(good));
        }
    };
    check("lora_a", good_a, a);
    check("lora_b", good_b, b);
    if (rank < 1 || rank > std::max(weight[0], weight[1])) {
        refuse(file, "'" + to_utf8(name) + "' of rank " + std::to_string(rank));
    }
    for (const auto* tensor : {&first, &second}) {
        if (!has_finite_values(file, *tensor)) {
            refuse(file, "NaN or infinity in '" + to_utf8(tensor->name) + "'");
        }
    }
}

/// Whether llama.cpp multiplies with the tensor where it looks for adapters; a gate of one expert
/// that all share is a matrix of one row.
bool is_multiplied(const std::string& name) {
    constexpr std::string_view kOthers[] = {"norm.weight",          ".bias",
                                            "position_embd.weight", "token_types.weight",
                                            "rope_freqs.weight",    "per_layer_token_embd.weight"};
    return std::none_of(std::begin(kOthers), std::end(kOthers),
                        [&](std::string_view end) { return name.ends_with(end); }) &&
           name.find("conv1d") == std::string::npos;
}

void check_weight(const GgufFile& file, const std::string& name,
                  const std::map<std::string, Shape>& shapes) {
    const auto weight = shapes.find(name);
    if (weight == shapes.end()) {
        refuse(file, "one that changes '" + to_utf8(name) + "', which the model has not",
               "perhaps it was made for another model");
    }
    if (!is_multiplied(name)) {
        refuse(
            file, "one that changes '" + to_utf8(name) + "', which is not used as a matrix",
            "merge it into the model's weights, then compare with " + item_world("model", "FILE"));
    }
    if (name == kEmbedding && !shapes.contains("output.weight")) {
        refuse(
            file,
            "one that changes the token embedding of a model whose output matrix it is, too, "
            "which llama.cpp can not apply",
            "merge it into the model's weights, then compare with " + item_world("model", "FILE"));
    }
}

}  // namespace

LoraLeftOut lora_left_out(const GgufFile& file) {
    LoraLeftOut left;
    for (const auto& tensor : file.tensors()) {
        if (tensor.name.ends_with("_norm.weight")) {
            left.tensors.push_back(tensor.name);
        }
    }
    left.invocation = file.tokens("adapter.alora.invocation_tokens").value_or(Tokens{});
    return left;
}

std::vector<std::string> left_out_notes(const LoraLeftOut& left, const std::string& path,
                                        bool written_only) {
    std::vector<std::string> notes;
    if (const auto n = left.tensors.size(); n > 0) {
        notes.push_back(std::to_string(n) + (n == 1 ? " norm of '" : " norms of '") + path +
                        (n == 1 ? "' is" : "' are") + " left out, as llama.cpp applies none: " +
                        left.tensors.front() + (n > 1 ? ", …" : ""));
    }
    if (left.invocation.empty()) {
        return notes;
    }
    std::string tokens;
    for (const Token token : left.invocation) {
        tokens += (tokens.empty() ? "" : " ") + std::to_string(token);
    }
    if (!written_only) {
        fail({.where = "left_out_notes",
              .expected = "an adapter that acts on every row",
              .came = "an activated LoRA, which acts from its invocation tokens (" + tokens +
                      ") on, '" + path + "'",
              .advice = "end the prompts with these and use " +
                        item_world("lora", path + "@scope=written") +
                        ", which acts on what is written after them"});
    }
    notes.push_back("the activated LoRA '" + path +
                    "' acts on what is written, not on its invocation tokens (" + tokens +
                    ") in the prompt before it; that prompts end with these is not checked");
    return notes;
}

void check_lora(const GgufFile& file, const Model& model) {
    check_kind(file, model);
    const auto shapes = shapes_of(model);
    std::map<std::string, const GgufTensorInfo*> own;
    for (const auto& tensor : file.tensors()) {
        own.emplace(tensor.name, &tensor);
    }
    int pairs = 0;
    for (const auto& tensor : file.tensors()) {
        const bool is_a = tensor.name.ends_with(kA);
        if (!is_a && !tensor.name.ends_with(kB)) {
            continue;
        }
        const std::string name = tensor.name.substr(0, tensor.name.size() - kA.size());
        const auto other = own.find(name + std::string(is_a ? kB : kA));
        if (other == own.end()) {
            refuse(file, "half a pair, '" + to_utf8(tensor.name) + "' alone");
        }
        if (is_a) {
            ++pairs;
            check_weight(file, name, shapes);
            check_pair(file, name, shapes.at(name), tensor, *other->second);
        }
    }
    if (pairs == 0) {
        refuse(file, "one without a single pair of tensors");
    }
}

}  // namespace otherwise
