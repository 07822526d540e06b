// Where a JSON value ends, from its brackets and quotes alone, in as many pieces as it comes in.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace otherwise {

/// A value is an object, an array or a string, with nothing before it; of what is neither, it is
/// the text up to a comma, a bracket that closes or white space. Nothing is checked but that:
/// parsing does it. A string that holds a newline, which JSON has not, ends there.
class JsonScan {
public:
    /// Takes the next bytes. How many of them are still the value's, where it ends among them.
    [[nodiscard]] std::optional<std::size_t> feed(std::string_view bytes);

private:
    [[nodiscard]] std::size_t skip_string(std::string_view bytes, std::size_t i);

    std::size_t depth_ = 0;
    bool started_ = false;
    bool in_string_ = false;
    bool escaped_ = false;
    bool bare_ = false;  ///< a number or a word
    bool broken_ = false;
};

}  // namespace otherwise
