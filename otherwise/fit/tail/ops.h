// Operations of a block that ggml can not differentiate, composed of ones that it can.
//
//   LayerNorm(x)  = RMSNorm(x - mean(x))
//   gelu(x)       = silu(x w) / w,  w = 2 k (1 + 0.044715 x²),  k = √(2/π)   (the tanh form)
//   cap tanh(x/cap), tanh(y) = 1 - 2 / (exp(2 y) + 1)
#pragma once

struct ggml_context;
struct ggml_tensor;

namespace otherwise {

[[nodiscard]] ggml_tensor* layer_norm(ggml_context* context, ggml_tensor* x, float epsilon);
[[nodiscard]] ggml_tensor* gelu(ggml_context* context, ggml_tensor* x);
[[nodiscard]] ggml_tensor* soft_cap(ggml_context* context, ggml_tensor* x, float cap);

}  // namespace otherwise
