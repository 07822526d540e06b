#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_tokens.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "otherwise/base/error.h"
#include "otherwise/base/no_memory.h"
#include "otherwise/base/text.h"
#include "otherwise/model/jinja_text.h"

namespace otherwise {
namespace {

constexpr std::size_t kDeepest = 200;    // the engine calls itself for each level
constexpr std::size_t kMostLinks = 500;  // and for each operation of an expression
constexpr std::size_t kMostShown = 40;
constexpr std::size_t kMostSaid = 300;

bool is_blank_in_line(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }

/// Whether {%, {{ or {# is there.
bool starts_block(const std::string& source, std::size_t at) {
    return source[at] == '{' && at + 1 < source.size() &&
           (source[at + 1] == '%' || source[at + 1] == '{' || source[at + 1] == '#');
}

/// Where the drawing of a lexer's complaint points: three dots, the source around the place with ↵
/// for a line's end, and below a mark.
std::size_t drawn_place(const std::string& source, const std::string& said) {
    const auto first = said.find('\n');
    const auto second = said.find('\n', first + 1);
    constexpr std::size_t kDots = 3;
    if (first == std::string::npos || second == std::string::npos ||
        second < first + 1 + 2 * kDots) {
        return 0;
    }
    std::string around = said.substr(first + 1 + kDots, second - first - 1 - 2 * kDots);
    constexpr std::string_view kReturn = "↵";
    for (auto at = around.find(kReturn); at != std::string::npos; at = around.find(kReturn, at)) {
        around.replace(at, kReturn.size(), "\n");
    }
    const auto begin = source.find(around);
    const auto mark = said.find('^', second);
    if (begin == std::string::npos || mark == std::string::npos) {
        return 0;
    }
    return begin + (mark - second - 1) - kDots;
}

/// How deep the engine will call itself: for brackets, for the links of an expression (a + b + c is
/// (a + b) + c), for blocks within blocks, and for each elif of an if.
class Nesting {
public:
    explicit Nesting(const std::vector<jinja::token>& tokens) : tokens_(tokens) {}

    /// The first complaint, at tokens[i].
    [[nodiscard]] std::string take(std::size_t i) {
        using jinja::token;
        const auto type = tokens_[i].t;
        if (type == token::open_statement || type == token::open_expression) {
            brackets_ = links_ = 0;
            if (type == token::open_statement && i + 1 < tokens_.size()) {
                take_word(i + 1);
            }
        }
        if (type == token::open_paren || type == token::open_square_bracket ||
            type == token::open_curly_bracket) {
            ++brackets_;
        } else if (type == token::close_paren || type == token::close_square_bracket ||
                   type == token::close_curly_bracket) {
            brackets_ -= brackets_ > 0 ? 1 : 0;
        }
        links_ += links(tokens_[i]) ? 1 : 0;
        if (brackets_ > kDeepest || depth_ > kDeepest) {
            return "more than " + std::to_string(kDeepest) + " levels";
        }
        return links_ > kMostLinks
                   ? "an expression of more than " + std::to_string(kMostLinks) + " operations"
                   : "";
    }

private:
    [[nodiscard]] static bool links(const jinja::token& one) {
        using jinja::token;
        static constexpr std::array kWords{"and", "or", "not", "in", "is", "if", "else"};
        static constexpr std::array kTypes{token::additive_binary_operator,
                                           token::multiplicative_binary_operator,
                                           token::comparison_binary_operator,
                                           token::unary_operator,
                                           token::pipe,
                                           token::dot,
                                           token::open_paren,
                                           token::open_square_bracket};
        return std::ranges::find(kTypes, one.t) != kTypes.end() ||
               (one.t == token::identifier && std::ranges::find(kWords, one.value) != kWords.end());
    }

    /// The word of the statement: it opens a block, goes on with one or ends it.
    void take_word(std::size_t i) {
        static constexpr std::array kBlocks{"if", "for", "macro", "call", "filter"};
        const std::string& word = tokens_[i].value;
        if (std::ranges::find(kBlocks, word) != kBlocks.end() || (word == "set" && !assigns(i))) {
            open_.push_back(1);
            ++depth_;
        } else if (word == "elif" && !open_.empty()) {
            ++open_.back();
            ++depth_;
        } else if (word.starts_with("end") && word != "endgeneration" && !open_.empty()) {
            depth_ -= open_.back();
            open_.pop_back();
        }
    }

    [[nodiscard]] bool assigns(std::size_t i) const {
        while (i < tokens_.size() && tokens_[i].t != jinja::token::close_statement) {
            if (tokens_[i++].t == jinja::token::equals) {
                return true;
            }
        }
        return false;
    }

    const std::vector<jinja::token>& tokens_;
    std::vector<std::size_t> open_;  // levels of each open block
    std::size_t depth_ = 0;          // their sum
    std::size_t brackets_ = 0;
    std::size_t links_ = 0;
};

/// The engine loses a first text of one character and blanks before a statement or comment.
void restore_first_text(jinja::lexer_result& lexed) {
    const std::string& source = lexed.source;
    std::size_t end = 0;
    while (end < source.size() && !starts_block(source, end)) {
        ++end;
    }
    const bool is_lost =
        end > 0 && end < source.size() && source[end + 1] != '{' && !is_blank_in_line(source[0]) &&
        std::all_of(source.begin() + 1, source.begin() + static_cast<long>(end), is_blank_in_line);
    if (!is_lost) {
        return;
    }
    const bool cuts = source[end + 2] == '-';
    std::string text = source.substr(0, cuts || source[0] == '\n' ? 1 : end);
    if (!cuts || text != "\n") {
        lexed.tokens.insert(lexed.tokens.begin(),
                            jinja::token{jinja::token::text, std::move(text), 0});
    }
}

/// Beside a block, Python takes off more kinds of blanks than the engine.
void require_known_blanks(const std::string& name, const jinja::lexer_result& lexed) {
    const auto& tokens = lexed.tokens;
    const std::string& source = lexed.source;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].t != jinja::token::text) {
            continue;
        }
        const auto at = tokens[i].pos;
        const bool after_dash = at >= 3 && source[at - 1] == '}' && source[at - 3] == '-';
        const bool before_block =
            i + 1 < tokens.size() && (tokens[i + 1].t != jinja::token::open_expression ||
                                      source[tokens[i + 1].pos + 2] == '-');
        if ((after_dash && starts_with_other_blank(tokens[i].value)) ||
            (before_block && ends_with_other_blank(tokens[i].value))) {
            refuse_jinja_source(name, "blanks other than spaces, tabs and newlines beside a block",
                                jinja_place(source, at));
        }
    }
}

void require_shallow(const std::string& name, const jinja::lexer_result& lexed) {
    Nesting nesting(lexed.tokens);
    for (std::size_t i = 0; i < lexed.tokens.size(); ++i) {
        if (const auto complaint = nesting.take(i); !complaint.empty()) {
            refuse_jinja_source(name, complaint, jinja_place(lexed.source, lexed.tokens[i].pos));
        }
    }
}

bool compares(const jinja::token& one) {
    return one.t == jinja::token::comparison_binary_operator ||
           (one.t == jinja::token::identifier && one.value == "in");
}

/// What one comparison is not compared across.
bool parts_comparisons(const jinja::token& one) {
    using jinja::token;
    static constexpr std::array kWords{"and", "or", "if", "else", "for"};
    static constexpr std::array kTypes{token::open_statement, token::open_expression, token::comma,
                                       token::colon, token::equals};
    return std::ranges::find(kTypes, one.t) != kTypes.end() ||
           (one.t == token::identifier && std::ranges::find(kWords, one.value) != kWords.end());
}

/// 1 < x < 3, of which the engine compares the first result with 3.
void require_single_comparisons(const std::string& name, const jinja::lexer_result& lexed) {
    using jinja::token;
    std::vector<int> counts{0};  // of each open bracket
    for (const auto& one : lexed.tokens) {
        const bool opens = one.t == token::open_paren || one.t == token::open_square_bracket ||
                           one.t == token::open_curly_bracket;
        const bool closes = one.t == token::close_paren || one.t == token::close_square_bracket ||
                            one.t == token::close_curly_bracket;
        if (one.t == token::open_statement || one.t == token::open_expression) {
            counts = {0};
        } else if (opens) {
            counts.push_back(0);
        } else if (closes && counts.size() > 1) {
            counts.pop_back();
        } else if (parts_comparisons(one)) {
            counts.back() = one.value == "for" ? -1 : 0;  // with its own "in"
        } else if (compares(one) && ++counts.back() > 1) {
            refuse_jinja_source(name, "a chain of comparisons", jinja_place(lexed.source, one.pos));
        }
    }
}

}  // namespace

/// "line 3, at `message.content | foo`".
std::string jinja_place(const std::string& source, std::size_t at) {
    at = std::min(at, source.size());
    const auto line = 1 + std::count(source.begin(), source.begin() + static_cast<long>(at), '\n');
    const auto rest = std::string_view(source).substr(at, source.find('\n', at) - at);
    const auto shown = to_utf8(trimmed(rest.substr(0, kMostShown)));
    return "line " + std::to_string(line) +
           (shown.empty() ? "" : ", at `" + shown + (rest.size() > kMostShown ? "…" : "") + "`");
}

/// On one line, and not without end.
std::string in_one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    std::ranges::replace(text, '\r', ' ');
    return to_utf8(std::string_view(text).substr(0, kMostSaid));
}

/// Without the engine's prefix and its drawing of the place.
std::string said_by(const std::exception& error) {
    std::string text = error.what();
    text = text.substr(0, text.find('\n'));
    for (const std::string prefix : {"lexer: ", "parser: ", "Parser Error: "}) {
        if (text.starts_with(prefix)) {
            text.erase(0, prefix.size());
        }
    }
    return in_one_line(text);
}

void refuse_jinja_source(const std::string& name, const std::string& what,
                         const std::string& where) {
    fail({.where = "ChatTemplate",
          .expected = "a chat template in the Jinja that llama.cpp's engine knows",
          .came = what + ", in " + where + " of " + name});
}

jinja::lexer_result jinja_tokens(const std::string& name, const std::string& source) {
    constexpr std::size_t kLongest = std::size_t{1} << 17U;
    if (source.size() > kLongest) {
        refuse_jinja_source(
            name, std::to_string(source.size()) + " bytes, more than " + std::to_string(kLongest),
            jinja_place(source, 0));
    }
    try {
        auto lexed = jinja::lexer().tokenize(source);
        restore_first_text(lexed);
        require_known_blanks(name, lexed);
        return lexed;
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        rethrow_no_memory(error);
        refuse_jinja_source(name, said_by(error),
                            jinja_place(source, drawn_place(source, error.what())));
    }
}

void require_simple(const std::string& name, const jinja::lexer_result& lexed) {
    require_shallow(name, lexed);
    require_single_comparisons(name, lexed);
}

}  // namespace otherwise
#endif
