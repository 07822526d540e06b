#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_errors.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <vector>

#include "jinja/parser.h"
#include "otherwise/base/error.h"
#include "otherwise/base/no_memory.h"
#include "otherwise/base/text.h"
#include "otherwise/model/jinja_bounds.h"
#include "otherwise/model/jinja_tokens.h"

namespace otherwise {
namespace {

/// The statement that opens a block and is not closed, if any.
std::optional<std::size_t> open_block(const std::vector<jinja::token>& tokens) {
    static constexpr std::array kBlocks{"if", "for", "macro", "call", "filter"};
    std::vector<std::pair<std::string, std::size_t>> open;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        if (tokens[i].t != jinja::token::open_statement) {
            continue;
        }
        const std::string& word = tokens[i + 1].value;
        if (std::ranges::find(kBlocks, word) != kBlocks.end()) {
            open.emplace_back(word, tokens[i].pos);
        } else if (!open.empty() && word == "end" + open.back().first) {
            open.pop_back();
        }
    }
    return open.empty() ? std::nullopt : std::optional(open.back().second);
}

/// What parsing the first tokens throws; nothing where it does not.
std::optional<std::string> fault_of(const jinja::lexer_result& lexed, std::size_t count) {
    const auto end = lexed.tokens.begin() + static_cast<long>(count);
    const jinja::lexer_result first{.tokens = {lexed.tokens.begin(), end}, .source = lexed.source};
    try {
        (void)jinja::parse_from_tokens(first);
        return std::nullopt;
    } catch (const std::exception& error) {
        rethrow_no_memory(error);
        return said_by(error);
    }
}

/// The first token with which the parser says what it says of all of them.
std::size_t faulty_token(const jinja::lexer_result& lexed, const std::string& said) {
    std::size_t fine = 0;
    std::size_t faulty = lexed.tokens.size();
    while (fine + 1 < faulty) {
        const auto middle = fine + (faulty - fine) / 2;
        (fault_of(lexed, middle) == said ? faulty : fine) = middle;
    }
    return faulty - 1;
}

/// Of what the engine does not implement it says only a name: the first such word from `at` on.
std::size_t place_of_words(const jinja::lexer_result& lexed, std::size_t at,
                           const std::string& said) {
    static constexpr std::array kCommon{"string", "array",    "object", "builtin", "not",
                                        "with",   "argument", "test",   "only",    "simple"};
    for (const auto& one : lexed.tokens) {
        if (one.pos < at || one.t != jinja::token::identifier ||
            std::ranges::find(kCommon, one.value) != kCommon.end()) {
            continue;
        }
        const auto found = said.find(one.value);
        const auto letter = [&](std::size_t i) {
            return i < said.size() && jinja::lexer::is_word(said[i]);
        };
        if (found != std::string::npos && !letter(found + one.value.size()) &&
            (found == 0 || !letter(found - 1))) {
            return one.pos;
        }
    }
    return at;
}

struct Failure {
    std::string said;
    std::size_t at = 0;
};

/// "While executing CallExpression at line 3, column 5 in source:\n…\nError: what".
Failure failure_of(const jinja::lexer_result& lexed, std::size_t at, const std::string& text) {
    constexpr std::string_view kLine = " at line ";
    constexpr std::string_view kColumn = ", column ";
    constexpr std::string_view kError = "\nError: ";
    const auto line = text.find(kLine);
    const auto column = text.find(kColumn, line);
    const auto error = text.find(kError, column);
    if (line == std::string::npos || column == std::string::npos || error == std::string::npos) {
        return {.said = in_one_line(text), .at = place_of_words(lexed, at, text)};
    }
    auto lines = std::stoul(text.substr(line + kLine.size()));
    std::size_t begin = 0;
    for (; lines > 1; --lines) {
        begin = lexed.source.find('\n', begin) + 1;
    }
    return {.said = in_one_line(text.substr(error + kError.size())),
            .at = begin + std::stoul(text.substr(column + kColumn.size())) - 1};
}

}  // namespace

jinja::program jinja_program(const std::string& name, const jinja::lexer_result& lexed) {
    require_simple(name, lexed);
    try {
        auto program = jinja::parse_from_tokens(lexed);
        bound_program(program);
        return program;
    } catch (const Unbounded& error) {
        refuse_jinja_source(name, error.what(), jinja_place(lexed.source, error.at));
    } catch (const std::exception& error) {
        rethrow_no_memory(error);
        if (const auto block = open_block(lexed.tokens)) {
            refuse_jinja_source(name, "a block that is not closed",
                                jinja_place(lexed.source, *block));
        }
        const auto said = said_by(error);
        refuse_jinja_source(name, said,
                            jinja_place(lexed.source, lexed.tokens[faulty_token(lexed, said)].pos));
    }
}

void refuse_rendering(const std::string& name, const jinja::lexer_result& lexed, std::size_t at,
                      const std::exception& error) {
    rethrow_no_memory(error);
    const auto failure = failure_of(lexed, at, error.what());
    const auto where = jinja_place(lexed.source, failure.at) + " of " + name;
    constexpr std::string_view kRaised = "Jinja Exception: ";
    if (failure.said.starts_with(kRaised)) {
        fail({.where = "ChatTemplate::render",
              .expected = "a conversation that the chat template takes",
              .came = "its complaint '" + failure.said.substr(kRaised.size()) + "', in " + where});
    }
    fail({.where = "ChatTemplate::render",
          .expected = "a chat template that llama.cpp's Jinja engine can render",
          .came = failure.said + ", in " + where});
}

}  // namespace otherwise
#endif
