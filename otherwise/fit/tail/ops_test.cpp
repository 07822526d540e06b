// needs: llama
#include "otherwise/fit/tail/ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml.h"
#include "otherwise/fit/tail/cpu_backend.h"

namespace otherwise {
namespace {

constexpr int kWidth = 24;
constexpr int kRows = 3;
constexpr std::size_t kMemory = std::size_t{4} << 20U;

using Operation = std::function<ggml_tensor*(ggml_context*, ggml_tensor*)>;

struct Result {
    std::vector<float> values;
    std::vector<float> gradient;  ///< of Σ_i w_i y_i, w_i = 1 + i mod 3
};

std::vector<float> inputs() {
    std::vector<float> x(std::size_t{kWidth} * kRows);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = 3.0F * std::sin(static_cast<float>(7 * i + 1));
    }
    return x;
}

Result evaluate(const Operation& operation, const std::vector<float>& input) {
    const ggml_context_ptr context(
        ggml_init({.mem_size = kMemory, .mem_buffer = nullptr, .no_alloc = false}));
    ggml_context* c = context.get();
    ggml_tensor* x = ggml_new_tensor_2d(c, GGML_TYPE_F32, kWidth, kRows);
    ggml_tensor* w = ggml_new_tensor_2d(c, GGML_TYPE_F32, kWidth, kRows);
    for (std::size_t i = 0; i < input.size(); ++i) {
        static_cast<float*>(x->data)[i] = input[i];
        static_cast<float*>(w->data)[i] = static_cast<float>(1 + i % 3);
    }
    ggml_set_param(x);
    ggml_tensor* y = operation(c, x);
    ggml_set_output(y);  // or it may be fused away
    ggml_tensor* loss = ggml_sum(c, ggml_mul(c, y, w));
    ggml_set_loss(loss);
    ggml_cgraph* graph = ggml_new_graph_custom(c, GGML_DEFAULT_GRAPH_SIZE, true);
    ggml_build_forward_expand(graph, loss);
    ggml_build_backward_expand(c, graph, nullptr);
    ggml_graph_reset(graph);
    const auto backend = cpu_backend(1);
    EXPECT_EQ(ggml_backend_graph_compute(backend.get(), graph), GGML_STATUS_SUCCESS);
    const auto* values = static_cast<const float*>(y->data);
    const auto* slope = static_cast<const float*>(ggml_graph_get_grad(graph, x)->data);
    return {.values = {values, values + input.size()}, .gradient = {slope, slope + input.size()}};
}

double loss(const Result& result) {
    double sum = 0.0;
    for (std::size_t i = 0; i < result.values.size(); ++i) {
        sum += result.values[i] * static_cast<double>(1 + i % 3);
    }
    return sum;
}

/// Relative error of a gradient against central differences of the operation.
double gradient_error(const Operation& operation, const std::vector<float>& gradient) {
    constexpr float kStep = 1e-2F;
    const auto x = inputs();
    double difference = 0.0;
    double size = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        auto moved = x;
        moved[i] = x[i] + kStep;
        const double above = loss(evaluate(operation, moved));
        moved[i] = x[i] - kStep;
        const double slope = (above - loss(evaluate(operation, moved))) / (2.0 * kStep);
        difference += (slope - gradient[i]) * (slope - gradient[i]);
        size += slope * slope;
    }
    return std::sqrt(difference / size);
}

double gradient_error(const Operation& operation) {
    return gradient_error(operation, evaluate(operation, inputs()).gradient);
}

void expect_values(const Operation& operation, const std::function<double(double)>& exact) {
    const auto x = inputs();
    const auto values = evaluate(operation, x).values;
    for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(values[i], exact(x[i]), 2e-5) << x[i];
    }
}

TEST(TailOps, GeluIsTheTanhForm) {
    expect_values(gelu, [](double x) {
        const double k = std::sqrt(2.0 / std::numbers::pi);
        return 0.5 * x * (1.0 + std::tanh(k * x * (1.0 + 0.044715 * x * x)));
    });
    EXPECT_LT(gradient_error(gelu), 5e-3);
}

TEST(TailOps, SoftCapIsATanh) {
    constexpr float kCap = 2.0F;
    const auto cap = [](ggml_context* c, ggml_tensor* x) { return soft_cap(c, x, kCap); };
    expect_values(cap, [](double x) { return kCap * std::tanh(x / kCap); });
    EXPECT_LT(gradient_error(cap), 5e-3);
}

TEST(TailOps, LayerNormIsGgmls) {
    constexpr float kEpsilon = 1e-3F;
    const auto norm = [](ggml_context* c, ggml_tensor* x) { return layer_norm(c, x, kEpsilon); };
    const auto x = inputs();
    const auto values = evaluate(norm, x).values;
    for (int row = 0; row < kRows; ++row) {
        const auto* from = x.data() + std::ptrdiff_t{row} * kWidth;
        double mean = 0.0;
        double square = 0.0;
        for (int i = 0; i < kWidth; ++i) {
            mean += from[i] / kWidth;
        }
        for (int i = 0; i < kWidth; ++i) {
            square += (from[i] - mean) * (from[i] - mean) / kWidth;
        }
        for (int i = 0; i < kWidth; ++i) {
            EXPECT_NEAR(values[static_cast<std::size_t>(row * kWidth + i)],
                        (from[i] - mean) / std::sqrt(square + kEpsilon), 1e-5);
        }
    }
    EXPECT_LT(gradient_error(norm), 5e-3);
}

TEST(TailOps, AWrongGradientIsSeen) {
    // The control: the slope of silu(1.702 x) / 1.702, another form of gelu.
    const auto rough = [](ggml_context* c, ggml_tensor* x) {
        constexpr float kRough = 1.702F;
        return ggml_scale(c, ggml_silu(c, ggml_scale(c, x, kRough)), 1.0F / kRough);
    };
    EXPECT_LT(gradient_error(rough), 5e-3);
    EXPECT_GT(gradient_error(gelu, evaluate(rough, inputs()).gradient), 5e-3);
}

}  // namespace
}  // namespace otherwise
