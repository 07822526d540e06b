// Stacks of rows in arrays of Python: float or double, with any strides, never copied as a whole.
// The package's .py files have checked types and shapes, and broadcast what belongs together to one
// number of rows; what only a look at every number can find is found here.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise::python {

/// [..., n] float32 or float64. A type of its own for its name in the stubs.
struct Numbers {
    using Array = nanobind::ndarray<nanobind::ro, nanobind::device::cpu>;
    Array array;
};
/// [rows], contiguous.
using TokenRow = nanobind::ndarray<const std::int32_t, nanobind::ndim<1>, nanobind::c_contig,
                                   nanobind::device::cpu>;
using Out = nanobind::ndarray<double, nanobind::c_contig, nanobind::device::cpu>;

/// Room for rows that are not in their array as they are asked for, and which of them it holds.
template <typename To>
struct RowScratch {
    std::vector<To> numbers;
    const char* from = nullptr;  ///< where the first of them starts in the array
};

class Rows {
public:
    /// `name` is the argument's, for messages. Keeps the array's memory alive.
    Rows(Numbers array, std::string name);

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] bool single() const { return single_; }

    /// Row i as doubles or floats: the array's own memory where it is such a row, else in
    /// `scratch`, until the next call with it. Of rows that lie side by side, as in an array in
    /// Fortran's order, sixteen are gathered at once, since each line of memory holds some of all.
    [[nodiscard]] std::span<const double> doubles(std::size_t i, RowScratch<double>& scratch) const;
    [[nodiscard]] std::span<const float> floats(std::size_t i, RowScratch<float>& scratch) const;

    /// "[3, 17]": where number k of row i is.
    [[nodiscard]] std::string at(std::size_t i, std::size_t k) const;
    /// " at [3]", or nothing where there is but one row.
    [[nodiscard]] std::string at(std::size_t i) const;

    /// Throws Misuse where row i is no logits of a law: NaN, +inf, or −inf throughout.
    void require_law(std::size_t i) const;
    /// Throws Misuse where row i is no probabilities: NaN, a negative number, a sum that is not 1.
    void require_probabilities(std::size_t i) const;
    /// Throws Misuse where row i gives the token nothing: −inf, or as `probabilities` 0.
    void require_possible(std::size_t i, Token token, bool probabilities = false) const;

private:
    [[nodiscard]] const char* start(std::size_t i) const;
    [[nodiscard]] std::vector<double> copy(std::size_t i) const;
    /// Rows that are gathered at once.
    [[nodiscard]] std::size_t side_by_side() const;
    template <typename To, typename From>
    [[nodiscard]] std::span<const To> row(std::size_t i, RowScratch<To>& scratch) const;

    Numbers::Array array_;
    std::string name_;
    std::vector<std::size_t> shape_;   // leading axes
    std::vector<std::int64_t> steps_;  // bytes
    std::int64_t step_ = 0;            // elements, along a row
    std::size_t count_ = 1;
    std::size_t size_ = 0;
    bool single_ = false;  // float
};

/// As messages write it.
[[nodiscard]] std::string number_text(double number);

/// body(i) for each row, without the GIL; Ctrl-C is looked for between rows.
void for_rows(std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace otherwise::python

template <>
struct nanobind::detail::type_caster<otherwise::python::Numbers> {
    NB_TYPE_CASTER(
        otherwise::python::Numbers,
        const_name("numpy.typing.NDArray[numpy.float32] | numpy.typing.NDArray[numpy.float64]"))

    bool from_python(handle source, std::uint8_t flags, cleanup_list* cleanup) noexcept {
        make_caster<otherwise::python::Numbers::Array> array;
        if (!array.from_python(source, flags, cleanup)) {
            return false;
        }
        value.array = std::move(array.value);
        return true;
    }
};
