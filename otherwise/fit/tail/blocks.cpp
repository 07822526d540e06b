#include "otherwise/fit/tail/blocks.h"

#include <cstdint>
#include <string>

#include "ggml.h"
#include "otherwise/fit/tail/ops.h"

namespace otherwise {
namespace {

constexpr int kRopeNeox = GGML_ROPE_TYPE_NEOX;
constexpr float kBetaFast = 32.0F;
constexpr float kBetaSlow = 1.0F;

std::string part(int layer, const char* name) {
    return "blk." + std::to_string(layer) + "." + name;
}

}  // namespace

ggml_tensor* TailBlocks::norm(ggml_tensor* x, const std::string& name) const {
    ggml_tensor* y =
        a_.form.rms ? ggml_rms_norm(context_, x, a_.epsilon) : layer_norm(context_, x, a_.epsilon);
    y = ggml_mul(context_, y, weights_.get(name + ".weight"));
    ggml_tensor* bias = weights_.find(name + ".bias");
    return bias == nullptr ? y : ggml_add(context_, y, bias);
}

ggml_tensor* TailBlocks::linear(ggml_tensor* x, const std::string& name) const {
    ggml_tensor* y = ggml_mul_mat(context_, weights_.get(name + ".weight"), x);
    ggml_tensor* bias = weights_.find(name + ".bias");
    return bias == nullptr ? y : ggml_add(context_, y, bias);
}

ggml_tensor* TailBlocks::slice(ggml_tensor* fused, int first, int n) const {
    ggml_tensor* view = ggml_view_2d(context_, fused, n, fused->ne[1], fused->nb[1],
                                     static_cast<std::size_t>(first) * fused->nb[0]);
    // A view of three dimensions would leave its gradient strided, which ACC does not take.
    return ggml_cont(context_, view);
}

ggml_tensor* TailBlocks::turned(ggml_tensor* x, int layer) const {
    if (a_.form.turn == Turn::none) {
        return x;
    }
    const Rope& rope = a_.sliding[static_cast<std::size_t>(layer)] ? a_.local_rope : a_.rope;
    ggml_tensor* factors = weights_.find(std::string(a_.form.rope_factors));
    const int type = a_.form.turn == Turn::halves ? kRopeNeox : GGML_ROPE_TYPE_NORMAL;
    return ggml_rope_ext(context_, x, inputs_.positions, factors, rope.dims, type, a_.context,
                         rope.base, rope.scale, 0.0F, rope.magnitude, kBetaFast, kBetaSlow);
}

TailBlocks::Heads TailBlocks::heads(ggml_tensor* x, int layer) const {
    const int all_q = a_.head * a_.n_head;
    const int all_k = a_.head * a_.n_head_kv;
    Heads h;
    if (a_.fused) {
        ggml_tensor* all = linear(x, part(layer, "attn_qkv"));
        h = {.q = slice(all, 0, all_q),
             .k = slice(all, all_q, all_k),
             .v = slice(all, all_q + all_k, all_k)};
    } else {
        h = {.q = linear(x, part(layer, "attn_q")),
             .k = linear(x, part(layer, "attn_k")),
             .v = linear(x, part(layer, "attn_v"))};
    }
    const auto normed = [&](HeadNorms when) {
        if (a_.form.head_norms == when) {
            h.q = norm(h.q, part(layer, "attn_q_norm"));
            h.k = norm(h.k, part(layer, "attn_k_norm"));
        }
    };
    const auto split = [&](ggml_tensor* y, int n) {
        return ggml_reshape_3d(context_, y, a_.head, n, x->ne[1]);
    };
    normed(HeadNorms::all);
    h = {.q = split(h.q, a_.n_head), .k = split(h.k, a_.n_head_kv), .v = split(h.v, a_.n_head_kv)};
    normed(HeadNorms::each);
    h.q = turned(h.q, layer);
    h.k = turned(h.k, layer);
    return h;
}

ggml_tensor* TailBlocks::attention(ggml_tensor* x, int layer) const {
    const Heads h = heads(x, layer);
    const std::int64_t rows = x->ne[1];
    ggml_tensor* mask =
        a_.sliding[static_cast<std::size_t>(layer)] ? inputs_.local_mask : inputs_.mask;
    ggml_tensor* q = ggml_permute(context_, h.q, 0, 2, 1, 3);
    ggml_tensor* k = ggml_permute(context_, h.k, 0, 2, 1, 3);
    ggml_tensor* v = ggml_cont(context_, ggml_permute(context_, h.v, 1, 2, 0, 3));
    ggml_tensor* law =
        ggml_soft_max_ext(context_, ggml_mul_mat(context_, k, q), mask, a_.attention_scale, 0.0F);
    ggml_tensor* mixed = ggml_permute(context_, ggml_mul_mat(context_, v, law), 0, 2, 1, 3);
    // cont_2d in one step has no backward.
    mixed = ggml_reshape_2d(context_, ggml_cont(context_, mixed),
                            static_cast<std::int64_t>(a_.head) * a_.n_head, rows);
    ggml_tensor* y = linear(mixed, part(layer, "attn_output"));
    return a_.form.post_norms ? norm(y, part(layer, "post_attention_norm")) : y;
}

ggml_tensor* TailBlocks::activated(ggml_tensor* gate, ggml_tensor* up) const {
    if (gate == nullptr) {
        return smooth_ ? gelu(context_, up) : ggml_gelu(context_, up);
    }
    if (a_.form.activation == Activation::silu) {
        return ggml_swiglu_split(context_, gate, up);
    }
    return smooth_ ? ggml_mul(context_, gelu(context_, gate), up)
                   : ggml_geglu_split(context_, gate, up);
}

ggml_tensor* TailBlocks::feed_forward(ggml_tensor* x, int layer) const {
    ggml_tensor* up = linear(x, part(layer, "ffn_up"));
    ggml_tensor* gate = nullptr;
    if (a_.form.gate == Gate::apart) {
        gate = linear(x, part(layer, "ffn_gate"));
    } else if (a_.form.gate == Gate::fused) {
        gate = slice(up, 0, a_.inner);
        up = slice(up, a_.inner, a_.inner);
    }
    return linear(activated(gate, up), part(layer, "ffn_down"));
}

ggml_tensor* TailBlocks::post_norm(ggml_tensor* x, int layer) const {
    return norm(x, part(layer, "post_ffw_norm"));
}

ggml_tensor* TailBlocks::block(ggml_tensor* x, int layer) const {
    const auto pre_norm = [&](const char* name) {
        return a_.form.pre_norms ? norm(x, part(layer, name)) : x;
    };
    x = ggml_add(context_, attention(pre_norm("attn_norm"), layer), x);
    ggml_tensor* y = feed_forward(pre_norm("ffn_norm"), layer);
    return ggml_add(context_, a_.form.post_norms ? post_norm(y, layer) : y, x);
}

ggml_tensor* TailBlocks::head(ggml_tensor* x) const {
    ggml_tensor* y = ggml_mul_mat(context_, head_matrix(weights_), norm(x, "output_norm"));
    if (ggml_tensor* bias = weights_.find("output.bias"); bias != nullptr) {
        y = ggml_add(context_, y, bias);
    }
    return a_.softcap > 0.0F ? soft_cap(context_, y, a_.softcap) : y;
}

ggml_tensor* TailBlocks::head_matrix(const Weights& weights) {
    ggml_tensor* output = weights.find("output.weight");
    return output != nullptr ? output : weights.get("token_embd.weight");
}

std::vector<ggml_tensor*> TailBlocks::matrices(const Architecture& architecture,
                                               const Weights& weights, int layer) {
    std::vector<const char*> names{"attn_output", "ffn_up", "ffn_down"};
    if (architecture.fused) {
        names.push_back("attn_qkv");
    } else {
        names.insert(names.end(), {"attn_q", "attn_k", "attn_v"});
    }
    if (architecture.form.gate == Gate::apart) {
        names.push_back("ffn_gate");
    }
    std::vector<ggml_tensor*> found;
    found.reserve(names.size());
    for (const char* name : names) {
        found.push_back(weights.get(part(layer, name) + ".weight"));
    }
    return found;
}

}  // namespace otherwise
