// A matrix laid out for products with many rows at once, y = M x.
//
// Each y_i adds M_i0 x_0, M_i1 x_1, … one after the other in float (fused where the CPU can): the
// same bits for a row alone and among others, on any number of threads. Panels of one vector's
// width of outputs lie together, so that the matrix is read once for a block of rows. Cost: outputs
// · inputs multiply-adds a row; memory 4 · inputs · outputs bytes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace otherwise {

class PackedMatrix {
public:
    PackedMatrix() = default;
    /// values: [outputs * inputs], one row an output.
    PackedMatrix(std::span<const float> values, std::size_t outputs, std::size_t inputs);

    [[nodiscard]] std::size_t inputs() const { return inputs_; }
    /// Floats between the rows of a result: the outputs, rounded up to whole panels.
    [[nodiscard]] std::size_t stride() const { return stride_; }

    /// Row r of `out`, [rows.size() * stride()], becomes M x of the inputs() floats at rows[r].
    void multiply(std::span<const float* const> rows, std::span<float> out, int threads) const;

private:
    std::size_t inputs_ = 0;
    std::size_t stride_ = 0;
    std::vector<float> panels_;  ///< [panels][inputs][width of a panel]
};

}  // namespace otherwise
