#include "otherwise/fit/tail/ops.h"

#include <numbers>

#include "ggml.h"

namespace otherwise {

ggml_tensor* layer_norm(ggml_context* context, ggml_tensor* x, float epsilon) {
    ggml_tensor* mean =
        ggml_scale(context, ggml_sum_rows(context, x), 1.0F / static_cast<float>(x->ne[0]));
    // SUB has no backward where its second operand is broadcast.
    return ggml_rms_norm(context, ggml_sub(context, x, ggml_repeat(context, mean, x)), epsilon);
}

ggml_tensor* gelu(ggml_context* context, ggml_tensor* x) {
    constexpr float kCubic = 0.044715F;
    constexpr float kTwice =
        2.0F * std::numbers::sqrt2_v<float> * std::numbers::inv_sqrtpi_v<float>;
    ggml_tensor* w = ggml_scale_bias(context, ggml_sqr(context, x), kTwice * kCubic, kTwice);
    return ggml_div(context, ggml_silu(context, ggml_mul(context, x, w)), w);
}

ggml_tensor* soft_cap(ggml_context* context, ggml_tensor* x, float cap) {
    ggml_tensor* grown = ggml_exp(context, ggml_scale(context, x, 2.0F / cap));
    ggml_tensor* ones = ggml_scale_bias(context, ggml_scale(context, x, 0.0F), 0.0F, 1.0F);
    ggml_tensor* share = ggml_div(context, ones, ggml_scale_bias(context, grown, 1.0F, 1.0F));
    return ggml_scale_bias(context, share, -2.0F * cap, cap);
}

}  // namespace otherwise
