#include "python/src/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "otherwise/base/error.h"
#include "python/src/watch.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kPad = 24;  // numbers between gathered rows: else their lines share a set

/// Rows side by side: bytes from number to number, and from row to row.
struct Strip {
    const char* from;
    std::int64_t step;
    std::int64_t across;
    std::size_t rows;
    std::size_t size;
};

/// Into rows of `pitch` numbers.
template <typename To, typename From>
void gather_strip(const Strip& strip, std::size_t pitch, To* to) {
    constexpr std::size_t kAhead = 32;  // numbers: the processor foresees no steps across pages
    constexpr std::int64_t kLine = 64;  // bytes
    const std::int64_t width = static_cast<std::int64_t>(strip.rows) * std::abs(strip.across);
    const char* place = strip.from;
    for (std::size_t k = 0; k < strip.size; ++k, place += strip.step) {
        if (k + kAhead < strip.size) {
            const char* ahead = place + static_cast<std::int64_t>(kAhead) * strip.step;
            for (std::int64_t at = 0; at < width; at += kLine) {
                __builtin_prefetch(strip.across < 0 ? ahead - at : ahead + at);
            }
        }
        const char* number = place;
        for (std::size_t row = 0; row < strip.rows; ++row, number += strip.across) {
            to[row * pitch + k] = static_cast<To>(*reinterpret_cast<const From*>(number));
        }
    }
}

/// One row whose step the compiler knows, so that it loads several numbers at once.
template <std::int64_t kStep, typename To, typename From>
void gather_steps(const From* numbers, std::size_t size, To* to) {
    for (std::size_t k = 0; k < size; ++k) {
        to[k] = static_cast<To>(numbers[static_cast<std::int64_t>(k) * kStep]);
    }
}

/// One row.
template <typename To, typename From>
void gather_row(const char* from, std::int64_t step, std::size_t size, To* to) {
    const auto* numbers = reinterpret_cast<const From*>(from);
    switch (step) {
        case 1:
            return gather_steps<1>(numbers, size, to);
        case 2:
            return gather_steps<2>(numbers, size, to);
        case 3:
            return gather_steps<3>(numbers, size, to);
        case -1:
            return gather_steps<-1>(numbers, size, to);
        default:
            break;
    }
    for (std::size_t k = 0; k < size; ++k) {
        to[k] = static_cast<To>(numbers[static_cast<std::int64_t>(k) * step]);
    }
}

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

std::size_t Rows::side_by_side() const {
    constexpr std::int64_t kLine = 64;  // bytes
    constexpr std::size_t kTile = 16;
    if (shape_.empty()) {
        return 1;
    }
    const std::int64_t width = single_ ? sizeof(float) : sizeof(double);
    const std::int64_t along = step_ * width;
    const std::int64_t across = std::abs(steps_.back());
    const bool near = 0 < across && across < std::abs(along) && across <= kLine / 2;
    return near ? std::min(kTile, shape_.back()) : 1;
}

template <typename To, typename From>
std::span<const To> Rows::row(std::size_t i, RowScratch<To>& scratch) const {
    const char* place = start(i);
    if constexpr (std::is_same_v<To, From>) {
        if (step_ == 1) {
            return {reinterpret_cast<const From*>(place), size_};
        }
    }
    const std::size_t tile = side_by_side();
    if (tile == 1) {
        if (std::exchange(scratch.from, place) != place) {
            scratch.numbers.resize(size_);
            gather_row<To, From>(place, step_, size_, scratch.numbers.data());
        }
        return scratch.numbers;
    }
    const std::size_t at = i % shape_.back();
    const std::size_t within = at % tile;
    const std::size_t pitch = size_ + kPad;
    place -= static_cast<std::int64_t>(within) * steps_.back();
    if (std::exchange(scratch.from, place) != place) {
        scratch.numbers.resize(tile * pitch);
        gather_strip<To, From>({.from = place,
                                .step = step_ * static_cast<std::int64_t>(sizeof(From)),
                                .across = steps_.back(),
                                .rows = std::min(tile, shape_.back() - (at - within)),
                                .size = size_},
                               pitch, scratch.numbers.data());
    }
    return std::span<const To>(scratch.numbers).subspan(within * pitch, size_);
}

std::span<const double> Rows::doubles(std::size_t i, RowScratch<double>& scratch) const {
    return single_ ? row<double, float>(i, scratch) : row<double, double>(i, scratch);
}

std::span<const float> Rows::floats(std::size_t i, RowScratch<float>& scratch) const {
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
    RowScratch<double> scratch;
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
    Watch watch;
    watch.run([&] {
        const auto cancelled = watch.cancelled();
        for (std::size_t i = 0; i < count && !cancelled(); ++i) {
            body(i);
        }
        return true;
    });
}

}  // namespace otherwise::python
