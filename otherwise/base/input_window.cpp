#include "otherwise/base/input_window.h"

#include <algorithm>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18;

}  // namespace

InputWindow::InputWindow(std::istream& in, std::string source)
    : source_(std::move(source)), bytes_(in, source_), buffer_(2 * kBlock) {}

bool InputWindow::more() {
    if (at_end_) {
        return false;
    }
    const std::size_t size = end_ - begin_;
    if (size > kLongest) {
        fail({.where = "InputWindow",
              .expected = "records of at most 1 GB in " + source_,
              .came = "a longer one from line " + std::to_string(line_)});
    }
    if (buffer_.size() - end_ <= kBlock) {
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        begin_ = 0;
        end_ = size;
    }
    if (buffer_.size() - end_ <= kBlock) {
        buffer_.resize(2 * buffer_.size());
    }
    const std::size_t got = bytes_.read(buffer_.data() + end_, kBlock);
    end_ += got;
    at_end_ = got == 0;
    return !at_end_;
}

void InputWindow::want(std::size_t size) {
    while (end_ - begin_ < size && more()) {
    }
}

std::span<char> InputWindow::take(std::size_t size) {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    line_ += static_cast<int>(std::count(from, from + static_cast<std::ptrdiff_t>(size), '\n'));
    begin_ += size;
    return {buffer_.data() + begin_ - size, size};
}

}  // namespace otherwise
