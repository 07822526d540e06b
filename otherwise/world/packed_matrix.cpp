#include "otherwise/world/packed_matrix.h"

#include <algorithm>
#include <string>

#include "otherwise/base/error.h"
#include "otherwise/base/parallel.h"

// Highway's frame, which each file that is compiled once a target has to write itself.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "otherwise/world/packed_matrix.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
//
#include "hwy/highway.h"

#ifndef OTHERWISE_WORLD_PACKED_MATRIX
#define OTHERWISE_WORLD_PACKED_MATRIX
namespace otherwise {

constexpr std::size_t kTile = 8;  ///< rows that share one reading of a panel

/// One panel times some rows.
struct PanelTask {
    const float* panel;  ///< [inputs][width]
    std::size_t inputs;
    std::span<const float* const> rows;
    float* out;  ///< the panel's first output of the first row
    std::size_t stride;
};

}  // namespace otherwise
#endif

HWY_BEFORE_NAMESPACE();
namespace otherwise::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;

std::size_t panel_width() { return hn::Lanes(D()); }

/// Named accumulators, so that they stay in registers.
HWY_INLINE void multiply_tile(const PanelTask& task, const float* const* x, float* const* y) {
    const D d;
    const std::size_t width = hn::Lanes(d);
    auto a0 = hn::Zero(d);
    auto a1 = a0;
    auto a2 = a0;
    auto a3 = a0;
    auto a4 = a0;
    auto a5 = a0;
    auto a6 = a0;
    auto a7 = a0;
    const float* weights = task.panel;
    for (std::size_t j = 0; j < task.inputs; ++j, weights += width) {
        const auto w = hn::LoadU(d, weights);
        a0 = hn::MulAdd(w, hn::Set(d, x[0][j]), a0);
        a1 = hn::MulAdd(w, hn::Set(d, x[1][j]), a1);
        a2 = hn::MulAdd(w, hn::Set(d, x[2][j]), a2);
        a3 = hn::MulAdd(w, hn::Set(d, x[3][j]), a3);
        a4 = hn::MulAdd(w, hn::Set(d, x[4][j]), a4);
        a5 = hn::MulAdd(w, hn::Set(d, x[5][j]), a5);
        a6 = hn::MulAdd(w, hn::Set(d, x[6][j]), a6);
        a7 = hn::MulAdd(w, hn::Set(d, x[7][j]), a7);
    }
    hn::StoreU(a0, d, y[0]);
    hn::StoreU(a1, d, y[1]);
    hn::StoreU(a2, d, y[2]);
    hn::StoreU(a3, d, y[3]);
    hn::StoreU(a4, d, y[4]);
    hn::StoreU(a5, d, y[5]);
    hn::StoreU(a6, d, y[6]);
    hn::StoreU(a7, d, y[7]);
}

void multiply_panel(const PanelTask& task) {
    float unused[hn::MaxLanes(D())];
    const float* x[kTile];
    float* y[kTile];
    for (std::size_t first = 0; first < task.rows.size(); first += kTile) {
        // A last tile that is not full computes its first row again: the same arithmetic for all.
        const std::size_t count = std::min(kTile, task.rows.size() - first);
        for (std::size_t r = 0; r < kTile; ++r) {
            x[r] = task.rows[r < count ? first + r : first];
            y[r] = r < count ? task.out + (first + r) * task.stride : unused;
        }
        multiply_tile(task, x, y);
    }
}

}  // namespace otherwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace otherwise {

HWY_EXPORT(panel_width);
HWY_EXPORT(multiply_panel);

namespace {

/// Multiply-adds below which other threads do not pay: about 0.2 ms on one.
constexpr std::size_t kWorthThreads = std::size_t{1} << 23U;

}  // namespace

PackedMatrix::PackedMatrix(std::span<const float> values, std::size_t outputs, std::size_t inputs)
    : inputs_(inputs) {
    if (values.size() != outputs * inputs) {
        misuse({.where = "PackedMatrix",
                .expected = std::to_string(outputs) + " x " + std::to_string(inputs) + " values",
                .came = std::to_string(values.size())});
    }
    const std::size_t width = HWY_DYNAMIC_DISPATCH(panel_width)();
    const std::size_t panels = (outputs + width - 1) / width;
    panels_.resize(panels * inputs * width);
    stride_ = panels * width;
    for (std::size_t i = 0; i < outputs; ++i) {
        float* panel = panels_.data() + i / width * inputs * width + i % width;
        for (std::size_t j = 0; j < inputs; ++j) {
            panel[j * width] = values[i * inputs + j];
        }
    }
}

void PackedMatrix::multiply(std::span<const float* const> rows, std::span<float> out,
                            int threads) const {
    const std::size_t width = HWY_DYNAMIC_DISPATCH(panel_width)();
    const auto panel = [&](int i) {
        const auto p = static_cast<std::size_t>(i);
        HWY_DYNAMIC_DISPATCH(multiply_panel)
        ({.panel = panels_.data() + p * inputs_ * width,
          .inputs = inputs_,
          .rows = rows,
          .out = out.data() + p * width,
          .stride = stride_});
    };
    const bool small = rows.size() * panels_.size() < kWorthThreads;
    parallel_for(static_cast<int>(stride_ / width), small ? 1 : threads, panel);
}

}  // namespace otherwise
#endif  // HWY_ONCE
