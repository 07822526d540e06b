// A window on the bytes of an input: what was read and not yet taken, as one piece of memory that
// may be written to. It grows with the longest piece that is asked for, and only with that.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "otherwise/base/input_bytes.h"

namespace otherwise {

class InputWindow {
public:
    InputWindow(std::istream& in, std::string source);

    /// What is here. One more byte after it may be written to.
    [[nodiscard]] std::span<char> rest() { return {buffer_.data() + begin_, end_ - begin_}; }
    /// Reads more after what is here, which may move; false at the end of the input. Throws Error
    /// where a piece would be longer than kLongest.
    [[nodiscard]] bool more();
    /// At least `size` bytes are here, unless the input ends before.
    void want(std::size_t size);
    /// Takes this many bytes off the front; they stay where they are until more bytes are read.
    std::span<char> take(std::size_t size);
    /// Number of the line on which the rest begins, from 1.
    [[nodiscard]] int line() const { return line_; }
    [[nodiscard]] const std::string& source() const { return source_; }

    static constexpr std::size_t kLongest = std::size_t{1} << 30;

private:
    std::string source_;
    InputBytes bytes_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool at_end_ = false;
    int line_ = 1;
};

}  // namespace otherwise
