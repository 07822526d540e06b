#include "otherwise/world/item_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "otherwise/base/error.h"
#include "otherwise/base/number_list.h"
#include "otherwise/base/text.h"
#include "otherwise/base/whole_file.h"

namespace otherwise {
namespace {

constexpr std::array<std::string_view, 3> kScopes = {"prompt", "written", "all"};
constexpr std::size_t kLongestText = 48;  ///< bytes of a text that are shown

std::string word_of(const ItemParts& parts) { return std::string(parts.form->kind); }

/// The file, whole, without a byte-order mark and one newline at its end.
std::string read_file(const std::string& path, const std::string& kind) {
    const auto broken = [&](const std::string& what) {
        fail({.where = "parse_item",
              .expected = "a text file for " + kind + ":@FILE",
              .came = "‘" + path + "’, " + what,
              .advice = "for a text that starts with @, quote it: " + kind + ":\"@…\""});
    };
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        broken("which does not exist");
    }
    if (std::filesystem::is_directory(path, ignored)) {
        broken("which is a directory");
    }
    std::string text = whole_file(path, ("a text file for " + kind + ":@FILE").c_str());
    if (!is_utf8(text)) {
        broken("which is not UTF-8");
    }
    if (text.starts_with("\xEF\xBB\xBF")) {  // a byte-order mark
        text.erase(0, 3);
    }
    if (text.ends_with('\n')) {
        text.pop_back();
        text.erase(text.size() - (text.ends_with('\r') ? 1 : 0));
    }
    return text;
}

}  // namespace

void refuse_item(std::string expected, std::string_view came, std::string advice) {
    misuse({.where = "parse_item",
            .expected = std::move(expected),
            .came = "‘" + std::string(came) + "’",
            .advice = std::move(advice)});
}

std::string known_word(const std::string& word, const std::vector<std::string>& known,
                       const std::string& what) {
    if (std::find(known.begin(), known.end(), word) == known.end()) {
        std::string list;
        for (const auto& name : known) {
            list += (list.empty() ? "" : " ") + name;
        }
        const auto near = nearest_name(word, known);
        refuse_item(what + ", one of " + list, word,
                    near.empty() ? "" : "did you mean ‘" + near + "’?");
    }
    return word;
}

const std::string* find_option(const ItemParts& parts, std::string_view key) {
    for (const auto& [name, value] : parts.options) {
        if (name == key) {
            return &value;
        }
    }
    return nullptr;
}

Scope read_scope(const ItemParts& parts) {
    const std::string* word = find_option(parts, "scope");
    if (word == nullptr) {
        return Scope::all;
    }
    const std::vector<std::string> known(kScopes.begin(), kScopes.end());
    const std::string name = known_word(*word, known, "a scope");
    return static_cast<Scope>(std::find(kScopes.begin(), kScopes.end(), name) - kScopes.begin());
}

std::optional<int> read_count(std::string_view text) {
    const auto value = read_number<int>(text);
    return value && *value >= 0 && text[0] != '-' ? value : std::nullopt;
}

LayerRange read_layers(const ItemParts& parts) {
    const std::string* text = find_option(parts, "layers");
    if (text == nullptr) {
        return {};
    }
    const auto range = read_number_range(*text);
    if (!range || (range->closed() && range->first > range->last)) {
        refuse_item("layers as A-B, A- or -B with A ≤ B, or one layer", *text,
                    "layers count from 0");
    }
    return {.first = range->first, .last = range->last};
}

float read_scale(const ItemParts& parts) {
    if (!parts.scale) {
        return 1.0F;
    }
    const auto value = read_number<float>(*parts.scale);
    if (!value || !std::isfinite(*value)) {
        refuse_item("a finite scale for " + word_of(parts), *parts.scale);
    }
    return *value;
}

float read_number_within(const ItemParts& parts, float low, float high, const std::string& what) {
    const auto value = read_number<float>(parts.argument);
    if (!value || !std::isfinite(*value) || *value < low || *value > high) {
        refuse_item(what, parts.argument);
    }
    return *value;
}

std::string read_path(const ItemParts& parts) {
    if (parts.argument.empty()) {
        refuse_item("a file after " + word_of(parts) + ":", parts.argument);
    }
    return parts.argument;
}

std::string read_text(const ItemParts& parts) {
    const std::string kind = word_of(parts) + (parts.form->placed ? ":T" : "");
    if (!parts.literal && parts.argument.starts_with('@')) {
        return read_file(parts.argument.substr(1), kind);
    }
    if (!is_utf8(parts.argument)) {
        refuse_item("a text in UTF-8 after " + kind + ":", to_utf8(parts.argument));
    }
    return parts.argument;
}

std::string read_some_text(const ItemParts& parts) {
    auto text = read_text(parts);
    if (text.empty()) {
        refuse_item("a text that is not empty after " + word_of(parts) + ":", parts.argument);
    }
    return text;
}

Tokens read_tokens(std::string_view text) {
    Tokens tokens;
    for (std::size_t i = 0; i < text.size();) {
        const auto start = text.find_first_not_of(" \t\r\n", i);
        if (start == std::string_view::npos) {
            break;
        }
        i = std::min(text.find_first_of(" \t\r\n", start), text.size());
        const auto word = text.substr(start, i - start);
        const auto token = read_count(word);
        if (!token) {
            refuse_item("token numbers from 0, between spaces", word);
        }
        tokens.push_back(*token);
    }
    return tokens;
}

std::vector<RowRange> read_rows(const ItemParts& parts) {
    const std::string* text = find_option(parts, "rows");
    std::vector<RowRange> rows;
    for (std::size_t at = 0; text != nullptr && at <= text->size();) {
        const auto end = std::min(text->find(',', at), text->size());
        const auto part = std::string_view(*text).substr(at, end - at);
        const auto dash = part.find('-', 1);
        const auto first = read_number<int>(part.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : read_number<int>(part.substr(dash + 1));
        if (!first || !last || *first > *last || (*first < 0) != (*last < 0)) {
            refuse_item("rows as N, A-B or from the end -N, -B--A, with commas between", *text,
                        "for example, rows=3,5-7,-1");
        }
        rows.push_back({.first = *first, .last = *last});
        at = end + 1;
    }
    return rows;
}

std::string scope_text(Scope scope) {
    return scope == Scope::all ? "" : std::string(kScopes.at(static_cast<std::size_t>(scope)));
}

std::string layers_text(const LayerRange& layers) {
    const auto end = [](int layer) { return layer < 0 ? "" : write_number(layer); };
    if (layers.first < 0 && layers.last < 0) {
        return "";
    }
    return layers.first == layers.last ? end(layers.first)
                                       : end(layers.first) + "-" + end(layers.last);
}

std::string rows_text(const std::vector<RowRange>& rows) {
    std::string text;
    for (const auto& [first, last] : rows) {
        text += (text.empty() ? "" : ",") + write_number(first);
        text += first == last ? "" : "-" + write_number(last);
    }
    return text;
}

std::string scale_text(float scale) { return scale == 1.0F ? "" : ":" + write_number(scale); }

std::string argument_text(const std::string& argument) {
    const bool plain =
        !argument.empty() && argument.find_first_of("\",:;@\r\n") == std::string::npos;
    return plain ? argument : quote(argument);
}

std::string tokens_text(const Tokens& tokens) {
    std::string text;
    for (const Token token : tokens) {
        text += (text.empty() ? "" : " ") + write_number(token);
    }
    return text;
}

std::string file_name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

std::string shown_text(const std::string& text) {
    std::size_t end = text.size();
    if (end > kLongestText) {
        end = kLongestText;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
    }
    std::string line;
    for (const char c : to_utf8(std::string_view(text).substr(0, end))) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            line += "↵";
        } else if (byte < 0x20 || byte == 0x7F) {
            line += "\uFFFD";
        } else {
            line += c;
        }
    }
    return "“" + line + (end < text.size() ? "…”" : "”");
}

std::string shown_scope(Scope scope) {
    switch (scope) {
        case Scope::prompt:
            return ", prompt";
        case Scope::written:
            return ", written";
        case Scope::all:
            break;
    }
    return "";
}

std::string shown_layers(const LayerRange& layers) {
    if (layers.first < 0 && layers.last < 0) {
        return "";
    }
    if (layers.first == layers.last) {
        return ", layer " + write_number(layers.first);
    }
    if (layers.last < 0) {
        return ", layers from " + write_number(layers.first);
    }
    return layers.first < 0
               ? ", layers to " + write_number(layers.last)
               : ", layers " + write_number(layers.first) + "–" + write_number(layers.last);
}

std::string shown_scale(float scale) { return scale == 1.0F ? "" : " × " + write_number(scale); }

}  // namespace otherwise
