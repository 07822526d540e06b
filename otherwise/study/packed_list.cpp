#include "otherwise/study/packed_list.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "otherwise/base/error.h"
#include "otherwise/study/lists.h"

namespace otherwise {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes go as they are");

// Kinds of lists.
constexpr char kTokens = 1;
constexpr char kDoubles = 2;
constexpr char kReals = 3;
constexpr char kBecomes = 4;

// Codes of a number in kReals.
constexpr unsigned kNull = 0;
constexpr unsigned kZero = 1;
constexpr unsigned kOne = 2;
constexpr unsigned kDouble = 3;
constexpr unsigned kDecimal = 4;

constexpr int kMostShift = 251;   // c is a byte
constexpr int kExactPowers = 22;  // 10^22 is a double
constexpr unsigned kFour = 10'000;
constexpr double kLeastOutcome = 0.001;

[[noreturn]] void refuse(const char* expected) {
    fail({.where = "unpack",
          .expected = std::string(expected) + " in the run file",
          .came = "bytes that are none",
          .advice = "the file is damaged, or was changed"});
}

template <typename Value>
void put(std::string& bytes, Value value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes.append(raw, sizeof value);
}

void put_varint(std::string& bytes, std::uint32_t value) {
    for (; value >= 0x80U; value >>= 7U) {
        bytes.push_back(static_cast<char>(value | 0x80U));
    }
    bytes.push_back(static_cast<char>(value));
}

/// Reads one number after the other.
class Bytes {
public:
    Bytes(std::string_view bytes, const char* what) : left_(bytes), what_(what) {}

    [[nodiscard]] bool empty() const { return left_.empty(); }
    template <typename Value>
    [[nodiscard]] Value get() {
        Value value{};
        if (left_.size() < sizeof value) {
            refuse(what_);
        }
        char raw[sizeof value];
        left_.copy(raw, sizeof raw);
        std::memcpy(&value, raw, sizeof value);
        left_.remove_prefix(sizeof value);
        return value;
    }
    [[nodiscard]] std::uint32_t varint() {
        std::uint32_t value = 0;
        for (unsigned shift = 0; shift < 32; shift += 7) {
            const auto byte = std::uint32_t{get<std::uint8_t>()};
            value |= (byte & 0x7FU) << shift;
            if (byte < 0x80U) {
                return value;
            }
        }
        refuse(what_);
    }
    /// Not below 0.
    [[nodiscard]] int whole() {
        const auto value = varint();
        if (value > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) {
            refuse(what_);
        }
        return static_cast<int>(value);
    }

private:
    std::string_view left_;
    const char* what_;
};

/// digits · 10^(−shift), rounded once.
struct Decimal {
    std::uint32_t digits = 0;
    int shift = 0;
};

/// A positive number to so many digits.
Decimal decimal_of(double value, int digits) {
    char text[32];
    const auto end =
        std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, digits - 1);
    Decimal decimal;
    const char* at = text;
    for (; *at != 'e'; ++at) {
        if (*at != '.') {
            decimal.digits = decimal.digits * 10 + static_cast<std::uint32_t>(*at - '0');
        }
    }
    ++at;
    at += *at == '+' ? 1 : 0;
    int exponent = 0;
    (void)std::from_chars(at, end.ptr, exponent);
    decimal.shift = digits - 1 - exponent;
    return decimal;
}

double value_of(Decimal decimal) {
    static const auto kPowers = [] {
        std::array<double, kExactPowers + 1> powers{};
        double power = 1.0;
        for (auto& each : powers) {
            each = power;
            power *= 10.0;
        }
        return powers;
    }();
    if (decimal.shift >= 0 && decimal.shift <= kExactPowers) {
        return static_cast<double>(decimal.digits) /
               kPowers[static_cast<std::size_t>(decimal.shift)];
    }
    const std::string text = std::to_string(decimal.digits) + "e" + std::to_string(-decimal.shift);
    double value = 0.0;
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void put_real(std::string& bytes, double value, bool nine_digits) {
    constexpr int kNine = 9;
    std::optional<Decimal> decimal;
    if (nine_digits && std::isfinite(value) && value > 0.0) {
        decimal = decimal_of(value, kNine);
        value = value_of(*decimal);
    }
    const auto code = [&](unsigned c) { bytes.push_back(static_cast<char>(c)); };
    if (!std::isfinite(value)) {
        code(kNull);
    } else if (value == 0.0) {
        code(kZero);
    } else if (value == 1.0) {
        code(kOne);
    } else if (decimal && decimal->shift >= 0 && decimal->shift <= kMostShift) {
        code(kDecimal + static_cast<unsigned>(decimal->shift));
        put(bytes, decimal->digits);
    } else {
        code(kDouble);
        put(bytes, value);
    }
}

double get_real(Bytes& bytes) {
    const unsigned code = bytes.get<std::uint8_t>();
    switch (code) {
        case kNull:
            return std::numeric_limits<double>::quiet_NaN();
        case kZero:
            return 0.0;
        case kOne:
            return 1.0;
        case kDouble:
            return bytes.get<double>();
        default:
            return value_of(
                {.digits = bytes.get<std::uint32_t>(), .shift = static_cast<int>(code - kDecimal)});
    }
}

Bytes after_kind(std::string_view bytes, char kind, const char* what) {
    if (bytes.empty() || bytes.front() != kind) {
        refuse(what);
    }
    return {bytes.substr(1), what};
}

}  // namespace

std::string pack_tokens(std::span<const Token> tokens) {
    std::string bytes(1, kTokens);
    for (const Token token : tokens) {
        put_varint(bytes, static_cast<std::uint32_t>(token));
    }
    return bytes;
}

std::string pack_reals(std::span<const double> values, bool nine_digits) {
    std::string bytes(1, kReals);
    bool finite = true;
    for (const double value : values) {
        put_real(bytes, value, nine_digits);
        finite = finite && std::isfinite(value);
    }
    if (!nine_digits && finite && bytes.size() > 1 + values.size() * sizeof(double)) {
        bytes.assign(1, kDoubles);
        bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    }
    return bytes;
}

std::string pack_becomes(std::span<const Becomes> becomes) {
    std::string bytes(1, kBecomes);
    for (const auto& [position, tokens] : becomes) {
        std::string entries;
        std::uint32_t count = 0;
        for (const auto& [token, probability] : tokens) {
            if (probability >= kLeastOutcome) {
                const Decimal decimal = decimal_of(std::min(probability, 1.0), 4);
                put_varint(entries, static_cast<std::uint32_t>(token));
                put(entries,
                    static_cast<std::uint16_t>(decimal.digits +
                                               kFour * static_cast<unsigned>(decimal.shift - 3)));
                ++count;
            }
        }
        put_varint(bytes, static_cast<std::uint32_t>(position));
        put_varint(bytes, count);
        bytes += entries;
    }
    return bytes;
}

bool is_packed(std::string_view bytes) {
    constexpr unsigned char kText = 0x20;  // where what can be printed begins
    return !bytes.empty() && static_cast<unsigned char>(bytes.front()) < kText;
}

Tokens unpack_tokens(std::string_view bytes) {
    Tokens tokens;
    for (Bytes left = after_kind(bytes, kTokens, "a list of tokens"); !left.empty();) {
        tokens.push_back(static_cast<Token>(left.whole()));
    }
    return tokens;
}

std::vector<double> unpack_reals(std::string_view bytes) {
    const bool plain = !bytes.empty() && bytes.front() == kDoubles;
    std::vector<double> values;
    for (Bytes left = after_kind(bytes, plain ? kDoubles : kReals, "a list of numbers");
         !left.empty();) {
        values.push_back(plain ? left.get<double>() : get_real(left));
    }
    return values;
}

std::vector<Becomes> unpack_becomes(std::string_view bytes) {
    std::vector<Becomes> all;
    for (Bytes left = after_kind(bytes, kBecomes, "what tokens become"); !left.empty();) {
        Becomes one{.position = left.whole()};
        for (auto count = left.varint(); count > 0; --count) {
            const auto token = static_cast<Token>(left.whole());
            const unsigned n = left.get<std::uint16_t>();
            one.tokens.emplace_back(
                token, value_of({.digits = n % kFour, .shift = 3 + static_cast<int>(n / kFour)}));
        }
        all.push_back(std::move(one));
    }
    return all;
}

std::string list_json(std::string_view bytes) {
    if (!is_packed(bytes)) {
        return std::string(bytes);
    }
    switch (bytes.front()) {
        case kTokens:
            return write_list(unpack_tokens(bytes));
        case kBecomes:
            return becomes_text(unpack_becomes(bytes));
        default:
            return write_list(unpack_reals(bytes));
    }
}

}  // namespace otherwise
