#include "otherwise/world/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/world/kinds.h"

namespace otherwise {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

[[noreturn]] void refuse(std::string expected, std::string_view came, std::string advice = {}) {
    misuse({.where = "parse_item",
            .expected = std::move(expected),
            .came = "‘" + std::string(came) + "’",
            .advice = std::move(advice)});
}

template <typename Range>
std::string join(const Range& words, std::string_view separator) {
    std::string line;
    for (const auto& word : words) {
        line += (line.empty() ? "" : std::string(separator)) + std::string(word);
    }
    return line;
}

std::vector<std::string> kind_names() {
    std::vector<std::string> names;
    for (const Kind& kind : kinds()) {
        names.emplace_back(kind.form.kind);
    }
    return names;
}

std::vector<std::string> keys_of(const ItemForm& form) {
    std::vector<std::string> keys;
    for (const OptionForm& option : form.options) {
        keys.emplace_back(option.key);
    }
    return keys;
}

const ItemForm* find_form(std::string_view word) {
    const Kind* kind = find_kind(word);
    return kind == nullptr ? nullptr : &kind->form;
}

/// Where the argument of an item starts, or npos when the item has none.
std::size_t argument_start(std::string_view item) {
    const auto colon = item.find(':');
    if (colon == std::string_view::npos) {
        return colon;
    }
    const ItemForm* form = find_form(item.substr(0, colon));
    if (form == nullptr || !form->placed) {
        return colon + 1;
    }
    const auto second = item.find(':', colon + 1);
    return second == std::string_view::npos ? second : second + 1;
}

/// One past the quote that closes the one at `open`, or npos.
std::size_t quote_end(std::string_view text, std::size_t open) {
    for (auto i = text.find('"', open + 1); i != std::string_view::npos;
         i = text.find('"', i + 2)) {
        if (i + 1 >= text.size() || text[i + 1] != '"') {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

std::size_t closed_quote(std::string_view text, std::size_t open) {
    const auto end = quote_end(text, open);
    if (end == std::string_view::npos) {
        refuse("a closing quote", text.substr(open), "a quote inside quotes is written twice");
    }
    return end;
}

/// The inside of a quoted text, its doubled quotes made single.
std::string unquote(std::string_view quoted) {
    std::string text;
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        text += quoted[i];
        i += quoted[i] == '"' ? 1 : 0;
    }
    return text;
}

std::string_view without_leading_space(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

/// "key=value;key=value" with keys of lower-case letters, or nothing.
std::optional<Options> read_pairs(std::string_view text) {
    Options pairs;
    while (true) {
        const auto end = std::min(text.find(';'), text.size());
        const auto pair = text.substr(0, end);
        const auto equals = pair.find('=');
        const auto key = pair.substr(0, std::min(equals, pair.size()));
        const bool word = !key.empty() && std::all_of(key.begin(), key.end(),
                                                      [](char c) { return c >= 'a' && c <= 'z'; });
        if (equals == std::string_view::npos || !word) {
            return std::nullopt;
        }
        pairs.emplace_back(key, pair.substr(equals + 1));
        if (end == text.size()) {
            return pairs;
        }
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string> all_option_keys() {
    std::vector<std::string> keys;
    for (const Kind& kind : kinds()) {
        for (auto& key : keys_of(kind.form)) {
            keys.push_back(std::move(key));
        }
    }
    return keys;
}

/// Whether pairs after a '@' are options. A text keeps what is not surely options, all of known
/// keys or one of its own kind; a path does not hide a mistyped key.
bool are_options(const Options& pairs, const ItemForm& form) {
    const auto known = all_option_keys();
    const auto is_known = [&](const auto& pair) {
        return std::find(known.begin(), known.end(), pair.first) != known.end();
    };
    const auto takes = keys_of(form);
    const auto is_near = [&](const auto& pair) {
        return is_known(pair) || !nearest_name(pair.first, takes).empty();
    };
    const auto is_own = [&](const auto& pair) {
        return std::find(takes.begin(), takes.end(), pair.first) != takes.end();
    };
    if (form.takes_text() || form.options.empty()) {
        return std::all_of(pairs.begin(), pairs.end(), is_known) ||
               std::any_of(pairs.begin(), pairs.end(), is_own);
    }
    return std::any_of(pairs.begin(), pairs.end(), is_near);
}

void check_options(const ItemParts& parts) {
    const auto takes = keys_of(*parts.form);
    for (std::size_t i = 0; i < parts.options.size(); ++i) {
        const auto& key = parts.options[i].first;
        const std::string kind(parts.form->kind);
        if (std::find(takes.begin(), takes.end(), key) == takes.end()) {
            const auto near = nearest_name(key, takes);
            const std::string fix = "to keep it as a part of the argument, quote that: " + kind +
                                    (parts.form->placed ? ":T:\"…\"" : ":\"…\"");
            std::string expected = "options that ";
            expected.append(kind).append(" takes (").append(join(takes, ", ")).append(")");
            refuse(takes.empty() ? "no options for " + kind : expected, key,
                   near.empty() ? fix : fmt::format("did you mean ‘{}’? Otherwise, {}", near, fix));
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (parts.options[j].first == key) {
                refuse("each option of " + kind + " once", key, "it stands there twice");
            }
        }
    }
}

/// Moves a trailing scale from the text into the parts.
std::string_view take_scale(std::string_view text, ItemParts& parts) {
    const auto colon = text.rfind(':');
    if (!parts.form->scaled || colon == std::string_view::npos) {
        return text;
    }
    const auto last = text.substr(colon + 1);
    // What is a number, only too large for a float, is a bad scale rather than a part of a path.
    const bool word = !last.empty() && last == parts.form->scale_word;
    if (!word && !read_number<float>(last) && !read_number<long double>(last)) {
        return text;
    }
    parts.scale = last;
    return text.substr(0, colon);
}

/// Moves trailing options from the text into the parts.
std::string_view take_options(std::string_view text, ItemParts& parts) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) {
        return text;
    }
    auto pairs = read_pairs(text.substr(at + 1));
    if (!pairs || !are_options(*pairs, *parts.form)) {
        return text;
    }
    parts.options = std::move(*pairs);
    return text.substr(0, at);
}

/// What may follow a quoted argument: [:scale][@options].
void take_tail(std::string_view tail, ItemParts& parts) {
    if (const auto at = tail.find('@'); at != std::string_view::npos) {
        auto pairs = read_pairs(tail.substr(at + 1));
        if (!pairs) {
            refuse("options as key=value;…", tail.substr(at + 1));
        }
        parts.options = std::move(*pairs);
        tail = tail.substr(0, at);
    }
    if (!tail.empty() && !take_scale(tail, parts).empty()) {
        refuse(parts.form->scaled ? "a scale, options or nothing after the closing quote"
                                  : "options or nothing after the closing quote",
               tail, "a quote inside quotes is written twice");
    }
}

/// The kind before the first colon.
const ItemForm& read_kind(std::string_view item) {
    const auto colon = item.find(':');
    const auto kind = std::string(item.substr(0, std::min(colon, item.size())));
    const auto names = kind_names();
    const ItemForm* form = find_form(kind);
    if (form == nullptr || colon == std::string_view::npos) {
        const auto near = nearest_name(kind, names);
        refuse("kind:argument, the kind one of " + join(names, " "), item,
               near.empty() ? "an argument with a comma needs quotes: kind:\"…\""
                            : "did you mean ‘" + near + ":…’?");
    }
    return *form;
}

/// Whether an item that is cut at a comma ends in an option that is a list, so that what comes
/// after belongs to it: a number, or a range that begins with one.
bool goes_on(std::string_view item, std::string_view rest) {
    const auto digit = rest.find_first_not_of('-');
    const bool number =
        digit <= 1 && digit < rest.size() && rest[digit] >= '0' && rest[digit] <= '9';
    const auto colon = item.find(':');
    const ItemForm* form =
        colon == std::string_view::npos ? nullptr : find_form(item.substr(0, colon));
    const auto at = item.rfind('@');
    if (!number || form == nullptr || at == std::string_view::npos) {
        return false;
    }
    const auto pairs = read_pairs(item.substr(at + 1));
    return pairs && std::ranges::any_of(form->options, [&](const OptionForm& option) {
               return option.list && option.key == pairs->back().first;
           });
}

/// The comma that ends the item at the start of a text, from `from` on; npos without.
std::size_t item_end(std::string_view text, std::size_t from) {
    auto comma = text.find(',', from);
    while (comma != std::string_view::npos &&
           goes_on(text.substr(0, comma), text.substr(comma + 1))) {
        comma = text.find(',', comma + 1);
    }
    return comma;
}

}  // namespace

std::vector<std::string> split_items(std::string_view text) {
    std::vector<std::string> items;
    while (true) {
        const auto item = without_leading_space(text);
        std::size_t from = 0;  // commas before it belong to the item
        if (!item.empty() && item[0] == '"') {
            from = closed_quote(item, 0);
        } else if (const auto start = argument_start(item);
                   start < item.size() && item.find(',') >= start && item[start] == '"') {
            from = closed_quote(item, start);
        }
        const auto comma = item_end(item, from);
        items.emplace_back(item.substr(0, comma));
        if (comma == std::string_view::npos) {
            return items;
        }
        text = item.substr(comma + 1);
    }
}

ItemParts parse_parts(std::string_view item) {
    item = without_leading_space(item);
    std::string unquoted;
    if (!item.empty() && item[0] == '"') {
        const auto end = closed_quote(item, 0);
        if (end != item.size()) {
            refuse("a comma or the end after a quoted item", item.substr(end));
        }
        unquoted = unquote(item);
        item = unquoted;
    }
    ItemParts parts;
    parts.form = &read_kind(item);
    const auto start = argument_start(item);
    if (start == std::string_view::npos) {
        refuse("do:T:TEXT, T the position of the first token it sets", item);
    }
    const auto colon = parts.form->kind.size();
    if (parts.form->placed) {
        parts.place = item.substr(colon + 1, start - colon - 2);
    }
    auto rest = item.substr(start);
    if (!rest.empty() && rest[0] == '"') {
        const auto end = closed_quote(rest, 0);
        parts.literal = true;
        parts.argument = unquote(rest.substr(0, end));
        take_tail(rest.substr(end), parts);
    } else {
        rest = take_options(rest, parts);
        parts.argument = take_scale(rest, parts);
    }
    check_options(parts);
    return parts;
}

std::string quote(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') {
            quoted += c;
        }
    }
    return quoted + "\"";
}

}  // namespace otherwise
