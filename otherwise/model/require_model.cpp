// require_model of gguf_file.h: what llama.cpp cannot use as a text model, told before it tries.
//
// Some of llama.cpp's own checks of a header abort the process; those are repeated here as Errors.
#include <algorithm>
#include <array>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/sound_model.h"

namespace otherwise {
namespace {

constexpr double kMaxLayers = 512;    // LLAMA_MAX_LAYERS
constexpr double kMaxExperts = 1024;  // LLAMA_MAX_EXPERTS

[[noreturn]] void refuse(const GgufFile& file, const std::string& what,
                         const std::string& advice = "") {
    fail({.where = "require_model",
          .expected = "a language model",
          .came = what + ", '" + file.path().string() + "'",
          .advice = advice});
}

bool is_one_of(const std::string& name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

void check_kind(const GgufFile& file) {
    const std::string arch = file.architecture();
    const std::string type = file.type();
    if (arch == "controlvector") {
        refuse(file, "a control vector",
               "use it with " + setting("control_vector") + " beside a model");
    }
    if (type == "adapter") {
        refuse(file, "an adapter, not a model",
               "use it with " + setting("lora") + " beside a model");
    }
    if (type == "mmproj" || arch == "clip") {
        refuse(file, "a projector for images, not a model");
    }
    if (type == "imatrix" || arch == "imatrix") {
        refuse(file, "an importance matrix, not a model");
    }
    if (arch.empty()) {
        refuse(file, "a GGUF that names no architecture");
    }
}

bool is_encoder(const GgufFile& file) {
    const std::string arch = file.architecture();
    return arch.find("bert") != std::string::npos ||
           is_one_of(arch, {"t5encoder", "gemma-embedding"}) ||
           file.number(arch + ".attention.causal") == 0.0;
}

void check_direction(const GgufFile& file) {
    const std::string arch = file.architecture();
    const std::string found = " (architecture " + to_utf8(arch) + ")";
    if (is_one_of(arch, {"eagle3", "dflash"})) {
        refuse(file, "a draft head that needs another model" + found);
    }
    if (arch == "t5") {
        refuse(file, "an encoder-decoder model" + found, "only decoder models are supported");
    }
    if (is_one_of(arch, {"dream", "llada", "llada-moe", "rnd1"})) {
        refuse(file, "a diffusion model" + found, "only decoder models are supported");
    }
    if (is_encoder(file)) {
        refuse(file, "an encoder, which writes no text" + found,
               "only decoder models are supported");
    }
}

void check_numbers(const GgufFile& file) {
    const std::string arch = file.architecture();
    const auto layers = file.number(arch + ".block_count");
    if (layers && (*layers < 1 || *layers > kMaxLayers)) {
        refuse(file, "one with an impossible number of layers");
    }
    const auto heads = file.number(arch + ".attention.head_count");  // some list it by layer
    const auto width = file.number(arch + ".embedding_length");
    if (heads && width && *heads > *width) {
        refuse(file, "one with an impossible number of attention heads");
    }
    const double experts = file.number(arch + ".expert_count").value_or(0.0);
    const auto used = file.number(arch + ".expert_used_count");  // some list it by layer
    if (experts > kMaxExperts || (used && (*used > experts || (experts > 0 && *used < 1)))) {
        refuse(file, "one with an impossible number of experts");
    }
    const auto scaling = file.text(arch + ".rope.scaling.type");
    if (scaling && !is_one_of(*scaling, {"none", "linear", "yarn", "longrope"})) {
        refuse(file, "one with unknown rope scaling");
    }
    require_sound_numbers(file);
    require_sound_vocabulary(file);
    require_sound_tensors(file);
}

[[noreturn]] void refuse_embedder(const GgufFile& file, const std::string& what) {
    fail({.where = "require_embedding_model",
          .expected = "an embedding model",
          .came = what + ", '" + file.path().string() + "'",
          .advice = "an embedding model is an encoder, or declares how it pools"});
}

}  // namespace

void require_model(const GgufFile& file) {
    check_kind(file);
    check_direction(file);
    check_numbers(file);
}

void require_embedding_model(const GgufFile& file) {
    check_kind(file);
    check_numbers(file);
    constexpr double kNone = 0.0;  // LLAMA_POOLING_TYPE_*
    constexpr double kRank = 4.0;
    const auto pooling = file.number(file.architecture() + ".pooling_type");
    if (!pooling && !is_encoder(file)) {
        refuse_embedder(file, "a language model that declares no pooling (architecture " +
                                  to_utf8(file.architecture()) + ")");
    }
    if (pooling == kRank) {
        refuse_embedder(file, "a reranker, which gives scores and no vectors");
    }
    if (pooling == kNone && !is_encoder(file)) {
        refuse_embedder(file, "a language model that does not pool");
    }
}

}  // namespace otherwise
