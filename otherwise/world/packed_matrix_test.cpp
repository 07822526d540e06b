// needs: llama
#include "otherwise/world/packed_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

std::vector<float> numbers(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (float& value : values) {
        value = normal(random);
    }
    return values;
}

/// rows[r] of [rows * inputs] values.
std::vector<const float*> pointers(const std::vector<float>& values, std::size_t inputs) {
    std::vector<const float*> rows;
    for (std::size_t at = 0; at < values.size(); at += inputs) {
        rows.push_back(values.data() + at);
    }
    return rows;
}

/// [rows][outputs]
std::vector<std::vector<float>> product(const PackedMatrix& matrix, std::size_t outputs,
                                        std::span<const float* const> rows, int threads = 1) {
    std::vector<float> out(rows.size() * matrix.stride(), 99.0F);
    matrix.multiply(rows, out, threads);
    std::vector<std::vector<float>> result;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const float* first = out.data() + r * matrix.stride();
        result.emplace_back(first, first + outputs);
    }
    return result;
}

TEST(PackedMatrix, IsThePlainProductOfAnyShape) {
    for (const std::size_t outputs : {1U, 2U, 15U, 16U, 17U, 33U}) {
        for (const std::size_t inputs : {1U, 3U, 64U}) {
            for (const std::size_t count : {1U, 7U, 8U, 9U, 20U}) {
                const auto values = numbers(outputs * inputs, 1);
                const auto states = numbers(count * inputs, 2);
                const PackedMatrix matrix(values, outputs, inputs);
                const auto result = product(matrix, outputs, pointers(states, inputs));
                for (std::size_t r = 0; r < count; ++r) {
                    for (std::size_t i = 0; i < outputs; ++i) {
                        double sum = 0.0;
                        double size = 0.0;
                        for (std::size_t j = 0; j < inputs; ++j) {
                            const double term =
                                double{values[i * inputs + j]} * double{states[r * inputs + j]};
                            sum += term;
                            size += std::abs(term);
                        }
                        EXPECT_NEAR(result[r][i], sum, 1e-6 * (size + 1e-3))
                            << outputs << " x " << inputs << ", row " << r << " of " << count;
                    }
                }
            }
        }
    }
}

TEST(PackedMatrix, ARowHasTheSameBitsInAnyCompanyAndOnAnyThreads) {
    constexpr std::size_t kOutputs = 260;
    constexpr std::size_t kInputs = 301;
    constexpr std::size_t kRows = 67;
    const PackedMatrix matrix(numbers(kOutputs * kInputs, 3), kOutputs, kInputs);
    const auto states = numbers(kRows * kInputs, 4);
    const auto rows = pointers(states, kInputs);
    const auto all = product(matrix, kOutputs, rows);
    EXPECT_EQ(product(matrix, kOutputs, rows, 4), all);
    for (std::size_t r = 0; r < kRows; r += 3) {
        EXPECT_EQ(product(matrix, kOutputs, std::span(rows).subspan(r, 1)).front(), all[r]);
    }
    for (const std::size_t count : {2U, 7U, 9U, 64U}) {
        EXPECT_EQ(product(matrix, kOutputs, std::span(rows).subspan(3, count), 3),
                  std::vector(all.begin() + 3, all.begin() + 3 + static_cast<long>(count)));
    }
    EXPECT_NE(all[0], all[1]);  // the control: rows do differ
}

TEST(PackedMatrix, NeedsAsManyValuesAsItsShapeSays) {
    EXPECT_ERROR(PackedMatrix(numbers(5, 1), 2, 3), "2 x 3 values");
}

}  // namespace
}  // namespace otherwise
