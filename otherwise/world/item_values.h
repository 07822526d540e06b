// The values that items are made of, scopes, layers, scales, texts and so on: read from an item's
// parts, written as an item's text, shown to people. Readers throw misuse with what came.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/world/intervention.h"
#include "otherwise/world/syntax.h"

namespace otherwise {

/// Throws misuse: "expected …, got ‘came’".
[[noreturn]] void refuse_item(std::string expected, std::string_view came, std::string advice = {});

/// One of the known words, or a complaint with the nearest.
[[nodiscard]] std::string known_word(const std::string& word, const std::vector<std::string>& known,
                                     const std::string& what);

/// A whole number from 0, as layers, positions and tokens are.
[[nodiscard]] std::optional<int> read_count(std::string_view text);

/// The value of an option, null where it is not given.
[[nodiscard]] const std::string* find_option(const ItemParts& parts, std::string_view key);

[[nodiscard]] std::string read_path(const ItemParts& parts);
/// The scale after the argument, 1 where there is none.
[[nodiscard]] float read_scale(const ItemParts& parts);
[[nodiscard]] LayerRange read_layers(const ItemParts& parts);
[[nodiscard]] Scope read_scope(const ItemParts& parts);
/// The argument as a number within the bounds, else "expected `what`".
[[nodiscard]] float read_number_within(const ItemParts& parts, float low, float high,
                                       const std::string& what);
/// The argument, or what its @FILE holds. Throws Error where that is no text file.
[[nodiscard]] std::string read_text(const ItemParts& parts);
/// The same, not empty.
[[nodiscard]] std::string read_some_text(const ItemParts& parts);
/// "12 7 9"
[[nodiscard]] Tokens read_tokens(std::string_view text);
/// "3,5-7,-1", "-3--1"; none where the option is not given.
[[nodiscard]] std::vector<RowRange> read_rows(const ItemParts& parts);

/// As they are written in an item; "" for the default.
[[nodiscard]] std::string scope_text(Scope scope);
[[nodiscard]] std::string layers_text(const LayerRange& layers);
[[nodiscard]] std::string rows_text(const std::vector<RowRange>& rows);
[[nodiscard]] std::string scale_text(float scale);
/// The argument, in quotes unless it is surely read the same without.
[[nodiscard]] std::string argument_text(const std::string& argument);
[[nodiscard]] std::string tokens_text(const Tokens& tokens);

/// As they are shown: "sad.gguf", " × 1.5", ", layers 8–12", ", written", "“a text…”".
[[nodiscard]] std::string file_name(const std::string& path);
[[nodiscard]] std::string shown_scale(float scale);
[[nodiscard]] std::string shown_layers(const LayerRange& layers);
[[nodiscard]] std::string shown_scope(Scope scope);
/// On one line, in quotes, cut where it is long.
[[nodiscard]] std::string shown_text(const std::string& text);

}  // namespace otherwise
