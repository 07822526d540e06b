#include "python/src/guest_evaluator.h"

#include <chrono>
#include <cstdint>

#include "otherwise/base/error.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

template <typename T>
using Table = nb::ndarray<nb::numpy, const T, nb::ndim<2>, nb::c_contig>;
template <typename T>
using List = nb::ndarray<nb::numpy, const T, nb::ndim<1>, nb::c_contig>;

std::size_t size_of(int number) { return static_cast<std::size_t>(number); }

}  // namespace

GuestEvaluator::Logits GuestEvaluator::read(const Call& call) const {
    const std::size_t streams = size_of(call.n_streams);
    const std::size_t rows = size_of(call.n_rows);
    const nb::object found = reader_.attr("decode")(
        call.first_stream, Table<std::int32_t>(call.tokens.data(), {streams, rows}).cast(),
        List<std::int32_t>(call.positions.data(), {streams}).cast(),
        Table<std::uint8_t>(call.wanted.data(), {streams, rows}).cast());
    return nb::cast<Logits>(found);
}

void GuestEvaluator::decode(const Call& call) {
    const auto start = std::chrono::steady_clock::now();
    const nb::gil_scoped_acquire acquire;
    logits_.reset();
    logits_ = call_python([&] { return read(call); });
    place_.clear();
    int next = 0;
    for (const auto wanted : call.wanted) {
        place_.push_back(wanted != 0 ? next++ : -1);
    }
    if (logits_->shape(0) != size_of(next) || logits_->shape(1) != size_of(shape_.n_vocab)) {
        fail({.where = "GuestEvaluator",
              .expected = "logits of " + std::to_string(next) + " rows by " +
                          std::to_string(shape_.n_vocab) + " tokens",
              .came =
                  std::to_string(logits_->shape(0)) + " by " + std::to_string(logits_->shape(1))});
    }
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::span<const float> GuestEvaluator::logits(int row) const {
    const auto place = size_of(place_.at(size_of(row)));
    const auto n_vocab = size_of(shape_.n_vocab);
    return {logits_->data() + place * n_vocab, n_vocab};
}

void GuestEvaluator::copy(int from, int to) {
    const nb::gil_scoped_acquire acquire;
    call_python([&] { (void)reader_.attr("copy")(from, to); });
}

void GuestEvaluator::trim(int stream, int length) {
    const nb::gil_scoped_acquire acquire;
    call_python([&] { (void)reader_.attr("trim")(stream, length); });
}

}  // namespace otherwise::python
