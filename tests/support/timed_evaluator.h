// A clock in place of a model: each call takes what a function of its rows says, and must be one
// that the shape allows.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "otherwise/model/evaluator.h"

namespace otherwise::test {

class TimedEvaluator final : public Evaluator {
public:
    TimedEvaluator(std::function<double(int)> seconds, Shape shape)
        : seconds_of_(std::move(seconds)), shape_(shape) {}
    [[nodiscard]] Shape shape() const override { return shape_; }
    void decode(const Call& call) override {
        for (int s = 0; s < call.n_streams; ++s) {
            auto& length = lengths_[call.first_stream + s];
            EXPECT_EQ(length, call.positions[static_cast<std::size_t>(s)]);
            length += call.n_rows;
            EXPECT_LE(length, shape_.stream_length);
        }
        EXPECT_LE(call.first_stream + call.n_streams, shape_.n_streams);
        EXPECT_TRUE(call.n_rows <= shape_.max_stream_rows ||
                    (shape_.tile_rows > 0 && call.n_rows >= shape_.tile_rows) || any_kernel);
        EXPECT_LE(call.size(), shape_.max_rows);
        EXPECT_GE(call.size(), shape_.min_rows);
        calls.push_back(call.size());
        shapes.push_back({call.n_streams, call.n_rows});
        seconds_ += seconds_of_(call.size());
    }
    [[nodiscard]] std::span<const float> logits(int /*row*/) const override { return {}; }
    void copy(int /*from*/, int /*to*/) override {}
    void trim(int stream, int length) override { lengths_[stream] = length; }
    [[nodiscard]] double seconds() const override { return seconds_; }

    [[nodiscard]] bool empty() const {
        return std::ranges::all_of(lengths_, [](const auto& one) { return one.second == 0; });
    }
    std::vector<int> calls;                     ///< rows of each
    std::vector<std::pair<int, int>> shapes{};  ///< streams and rows of each
    bool any_kernel = false;                    ///< takes calls that change the kernel

private:
    std::function<double(int)> seconds_of_;
    Shape shape_;
    std::map<int, int> lengths_;
    double seconds_ = 0.0;
};

}  // namespace otherwise::test
