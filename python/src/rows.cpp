#include "python/src/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "otherwise/base/error.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

std::string number_text(double number) {
    if (std::isnan(number)) {
        return "NaN";
    }
    return number == kInfinity ? "+inf" : fmt::format("{:.6g}", number);
}

Rows::Rows(Numbers array, std::string name)
    : array_(std::move(array.array)), name_(std::move(name)) {
    single_ = array_.dtype() == nb::dtype<float>();
    const std::size_t leading = array_.ndim() - 1;
    const std::int64_t width = single_ ? sizeof(float) : sizeof(double);
    for (std::size_t axis = 0; axis < leading; ++axis) {
        shape_.push_back(array_.shape(axis));
        steps_.push_back(array_.stride(axis) * width);
        count_ *= shape_.back();
    }
    size_ = array_.shape(leading);
    step_ = array_.stride(leading);
}

const char* Rows::start(std::size_t i) const {
    const auto* place = static_cast<const char*>(array_.data());
    for (std::size_t axis = shape_.size(); axis-- > 0;) {
        place += static_cast<std::int64_t>(i % shape_[axis]) * steps_[axis];
        i /= shape_[axis];
    }
    return place;
}

template <typename To, typename From>
std::span<const To> Rows::row(std::size_t i, std::vector<To>& scratch) const {
    const auto* from = reinterpret_cast<const From*>(start(i));
    if constexpr (std::is_same_v<To, From>) {
        if (step_ == 1) {
            return {from, size_};
        }
    }
    scratch.resize(size_);
    if (step_ == 1) {
        std::transform(from, from + size_, scratch.begin(),
                       [](From number) { return static_cast<To>(number); });
    } else {
        for (std::size_t k = 0; k < size_; ++k) {
            scratch[k] = static_cast<To>(from[static_cast<std::int64_t>(k) * step_]);
        }
    }
    return scratch;
}

std::span<const double> Rows::doubles(std::size_t i, std::vector<double>& scratch) const {
    return single_ ? row<double, float>(i, scratch) : row<double, double>(i, scratch);
}

std::span<const float> Rows::floats(std::size_t i, std::vector<float>& scratch) const {
    return single_ ? row<float, float>(i, scratch) : row<float, double>(i, scratch);
}

std::string Rows::at(std::size_t i, std::size_t k) const {
    std::string text = std::to_string(k);
    for (std::size_t axis = shape_.size(); axis-- > 0;) {
        text.insert(0, std::to_string(i % shape_[axis]) + ", ");
        i /= shape_[axis];
    }
    return "[" + text + "]";
}

std::string Rows::at(std::size_t i) const {
    if (shape_.empty()) {
        return "";
    }
    const auto text = at(i, 0);
    return " at " + text.substr(0, text.rfind(',')) + "]";
}

std::vector<double> Rows::copy(std::size_t i) const {
    std::vector<double> scratch;
    const auto numbers = doubles(i, scratch);
    return {numbers.begin(), numbers.end()};
}

void Rows::require_law(std::size_t i) const {
    const auto logits = copy(i);
    const auto bad = std::ranges::find_if(logits, [](double l) { return !(l < kInfinity); });
    if (bad != logits.end()) {
        misuse({.where = "Rows",
                .expected = "logits without NaN and +inf in `" + name_ + "`",
                .came = number_text(*bad) + " at " +
                        at(i, static_cast<std::size_t>(bad - logits.begin()))});
    }
    if (std::ranges::all_of(logits, [](double l) { return l == -kInfinity; })) {
        misuse({.where = "Rows",
                .expected = "a possible token in each row of `" + name_ + "`",
                .came = "-inf throughout" + at(i)});
    }
}

void Rows::require_probabilities(std::size_t i) const {
    const auto numbers = copy(i);
    const auto bad = std::ranges::find_if(numbers, [](double p) { return !(p >= 0.0); });
    if (bad != numbers.end()) {
        misuse({.where = "Rows",
                .expected = "probabilities in `" + name_ + "`",
                .came = number_text(*bad) + " at " +
                        at(i, static_cast<std::size_t>(bad - numbers.begin())),
                .advice = "otherwise.coupling takes logits and log-probabilities"});
    }
    const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
    if (!(std::abs(sum - 1.0) <= 1e-3)) {
        misuse({.where = "Rows",
                .expected = "rows of `" + name_ + "` that sum to 1",
                .came = number_text(sum) + at(i),
                .advice = "otherwise.coupling takes logits and log-probabilities"});
    }
}

void Rows::require_possible(std::size_t i, Token token, bool probabilities) const {
    const double number = copy(i).at(static_cast<std::size_t>(token));
    if (probabilities ? !(number > 0.0) : number == -kInfinity) {
        misuse({.where = "Rows",
                .expected = "observed tokens that `" + name_ + "` can write",
                .came = "token " + std::to_string(token) + " with probability 0" + at(i)});
    }
}

void for_rows(std::size_t count, const std::function<void(std::size_t)>& body) {
    using Time = std::chrono::steady_clock;
    constexpr auto kPatience = std::chrono::milliseconds(50);
    const nb::gil_scoped_release release;
    auto looked = Time::now();
    for (std::size_t i = 0; i < count; ++i) {
        body(i);
        if (Time::now() - looked > kPatience) {
            const nb::gil_scoped_acquire acquire;
            if (PyErr_CheckSignals() != 0) {
                throw nb::python_error();
            }
            looked = Time::now();
        }
    }
}

}  // namespace otherwise::python
