#include "otherwise/study/lists.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/study/packed_list.h"

namespace otherwise {
namespace {

[[noreturn]] void refuse(std::string_view text) {
    constexpr std::size_t kShown = 40;
    fail({.where = "read_list",
          .expected = "a list of numbers in the run file",
          .came = "'" + std::string(text.substr(0, kShown)) + "'"});
}

/// Reads "[a,b,…]" with `read` for one value, which returns where it ended or nullptr.
template <typename Value, typename Read>
std::vector<Value> read_all(std::string_view text, const Read& read) {
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
        refuse(text);
    }
    std::vector<Value> values;
    const char* at = text.data() + 1;
    const char* end = text.data() + text.size() - 1;
    while (at != end) {
        Value value{};
        at = read(at, end, value);
        const bool sound = at != nullptr && (at == end || (*at == ',' && at + 1 != end));
        if (!sound) {
            refuse(text);
        }
        at += at == end ? 0 : 1;
        values.push_back(value);
    }
    return values;
}

template <typename Value>
const char* read_number(const char* at, const char* end, Value& value) {
    const auto [next, fault] = std::from_chars(at, end, value);
    return fault == std::errc() ? next : nullptr;
}

const char* read_real(const char* at, const char* end, double& value) {
    constexpr std::string_view kNull = "null";
    if (std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(kNull)) {
        value = std::numeric_limits<double>::quiet_NaN();
        return at + kNull.size();
    }
    return read_number(at, end, value);
}

/// The text of "[a,b," or "[" with its end.
std::string closed(std::string text) {
    if (text.size() == 1) {
        return "[]";
    }
    text.back() = ']';
    return text;
}

}  // namespace

std::string write_list(std::span<const Token> tokens) {
    std::string text = "[";
    char buffer[16];
    for (const Token token : tokens) {
        const auto result = std::to_chars(buffer, buffer + sizeof buffer, token);
        text.append(buffer, result.ptr).push_back(',');
    }
    return closed(std::move(text));
}

std::string write_list(std::span<const double> values, int digits) {
    std::string text = "[";
    char buffer[32];
    for (const double value : values) {
        if (!std::isfinite(value)) {
            text += "null,";
            continue;
        }
        const auto result = digits > 0 ? std::to_chars(buffer, buffer + sizeof buffer, value,
                                                       std::chars_format::general, digits)
                                       : std::to_chars(buffer, buffer + sizeof buffer, value);
        text.append(buffer, result.ptr).push_back(',');
    }
    return closed(std::move(text));
}

Tokens read_token_list(std::string_view text) {
    return is_packed(text) ? unpack_tokens(text) : read_all<Token>(text, read_number<Token>);
}

std::vector<double> read_real_list(std::string_view text) {
    return is_packed(text) ? unpack_reals(text) : read_all<double>(text, read_real);
}

}  // namespace otherwise
