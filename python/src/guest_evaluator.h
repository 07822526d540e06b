// An Evaluator that is a Python object: rows go in as arrays of numbers, logits come back as one.
//
// The object has decode(first_stream, tokens [streams, rows], positions [streams], wanted [streams,
// rows]) -> float32 [rows wanted, n_vocab], copy(from, to) and trim(stream, length). Logits are
// read where the array has them, without the GIL, until the next call.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <optional>
#include <span>
#include <vector>

#include "otherwise/model/evaluator.h"

namespace otherwise::python {

class GuestEvaluator final : public Evaluator {
public:
    using Logits = nanobind::ndarray<const float, nanobind::ndim<2>, nanobind::c_contig,
                                     nanobind::device::cpu>;

    GuestEvaluator(nanobind::object reader, const Shape& shape)
        : reader_(std::move(reader)), shape_(shape) {}

    [[nodiscard]] Shape shape() const override { return shape_; }
    void decode(const Call& call) override;
    [[nodiscard]] std::span<const float> logits(int row) const override;
    void copy(int from, int to) override;
    void trim(int stream, int length) override;
    [[nodiscard]] double seconds() const override { return seconds_; }

    /// Whether Ctrl-C came while Python had a call. The call was made again, so that whoever asks
    /// between calls can stop with what there is.
    [[nodiscard]] bool interrupted() const { return interrupted_; }

private:
    [[nodiscard]] Logits read(const Call& call) const;
    /// body() under the GIL, again where Ctrl-C interrupts it.
    template <typename Body>
    auto call_python(const Body& body) {
        try {
            return body();
        } catch (const nanobind::python_error& error) {
            if (interrupted_ || !error.matches(PyExc_KeyboardInterrupt)) {
                throw;
            }
            interrupted_ = true;
        }
        return body();
    }

    nanobind::object reader_;
    Shape shape_;
    std::optional<Logits> logits_{};
    std::vector<int> place_{};  ///< [rows of the call] in the array; −1 of rows without logits
    double seconds_ = 0.0;
    bool interrupted_ = false;
};

}  // namespace otherwise::python
