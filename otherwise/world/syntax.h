// How the text of an item is cut into parts, before any part has a meaning.
//
//   kind ':' [place ':'] argument [':' scale] ['@' key=value (';' key=value)*]
//
// Quotes work as in CSV ("…", doubled to write one) at two places: around a whole item, where they
// only keep its commas together, and around the argument alone, where all of it is literal: no
// scale, no options, no file. A quote anywhere else is a character like others. Unquoted, the last
// '@' starts the options if known keys follow; the last ':' starts the scale if a number follows.
#pragma once

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace otherwise {

/// What the argument of an item is; a text may be @FILE, too, a token is a number or a text.
enum class Argument { file, text, token, number, word };

/// An option that a kind takes, and what a value of it looks like: "layers", "8-12". A list has
/// commas, after which a part that begins as a number is a part of it and no item.
struct OptionForm {
    std::string_view key;
    std::string_view usage;
    bool list = false;
};

/// What items of one kind look like; the kinds themselves are in kinds.h.
struct ItemForm {
    std::string_view kind;
    Argument argument = Argument::word;
    bool placed = false;            ///< a position stands before the argument
    bool scaled = false;            ///< a scale may follow the argument
    std::string_view scale_word{};  ///< in place of one
    std::vector<OptionForm> options{};

    [[nodiscard]] bool takes_text() const { return argument == Argument::text; }
};

/// The parts of one item, unquoted.
struct ItemParts {
    const ItemForm* form = nullptr;
    std::string place;  ///< of placed kinds
    std::string argument;
    bool literal = false;  ///< the argument was quoted: "@x" is no file
    std::optional<std::string> scale;
    std::vector<std::pair<std::string, std::string>> options;
};

/// Cuts at the commas outside quotes; the items keep their quotes.
[[nodiscard]] std::vector<std::string> split_items(std::string_view text);

/// Throws misuse: no kind, an unknown kind, a quote left open, an option the kind does not take.
[[nodiscard]] ItemParts parse_parts(std::string_view item);

/// The text in quotes.
[[nodiscard]] std::string quote(std::string_view text);

/// A number that is all of the text, in any locale: a sign, digits, one point, an exponent; also
/// "inf" and "nan", so that they can be refused. Nothing for other texts or out of T's range.
template <typename T>
[[nodiscard]] std::optional<T> read_number(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
        text.remove_prefix(1);
    }
    T value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || text.empty() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

/// The shortest text that read_number turns into this number again.
template <typename T>
[[nodiscard]] std::string write_number(T value) {
    char digits[64];
    const auto result = std::to_chars(digits, digits + sizeof digits, value);
    return {digits, result.ptr};
}

}  // namespace otherwise
