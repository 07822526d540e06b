#include "otherwise/model/vocabulary.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::string_view kAdvice =
    "worlds need one vocabulary; compare models of the same family";

struct Entry {
    TokenKind kind;
    std::string name;
};

std::string_view kind_name(TokenKind kind) {
    switch (kind) {
        case TokenKind::normal:
            return "normal";
        case TokenKind::control:
            return "control";
        case TokenKind::user_defined:
            return "added";
        case TokenKind::unknown:
            return "unknown";
        case TokenKind::unused:
            return "unused";
        case TokenKind::byte:
            return "byte";
    }
    return "";
}

bool is_text(const std::optional<Entry>& entry) {
    return entry && (entry->kind == TokenKind::normal || entry->kind == TokenKind::byte);
}

std::optional<Entry> entry(const Model& model, Token token) {
    if (token >= model.n_vocab()) {
        return std::nullopt;
    }
    return Entry{.kind = model.kind(token), .name = model.token_name(token)};
}

std::string describe(const std::optional<Entry>& entry) {
    if (!entry) {
        return "none";
    }
    return "'" + to_utf8(entry->name) + "' (" + std::string(kind_name(entry->kind)) + ")";
}

std::string note(Token token, const std::optional<Entry>& here, const std::optional<Entry>& there) {
    return std::to_string(token) + ": " + describe(here) + " here, " + describe(there) + " there";
}

[[noreturn]] void refuse(const std::string& came) {
    fail({.where = "match_vocabulary",
          .expected = "a model with the same vocabulary",
          .came = came,
          .advice = std::string(kAdvice)});
}

}  // namespace

VocabularyMatch match_vocabulary(const Model& factual, const Model& other, bool strict) {
    if (llama_vocab_type(factual.vocab()) != llama_vocab_type(other.vocab())) {
        refuse("'" + other.path().string() + "', whose tokenizer is of another kind");
    }
    VocabularyMatch match;
    const Token count = std::max(factual.n_vocab(), other.n_vocab());
    for (Token token = 0; token < count; ++token) {
        const auto here = entry(factual, token);
        const auto there = entry(other, token);
        const bool same_name = here && there && here->name == there->name;
        if (same_name && here->kind == there->kind) {
            continue;
        }
        const std::string difference = note(token, here, there);
        // A relabelled token is still the same token, unless one side writes its name and the other
        // the byte that it names.
        const bool relabelled =
            same_name && (here->kind == TokenKind::byte) == (there->kind == TokenKind::byte);
        if (strict || (!relabelled && (is_text(here) || is_text(there)))) {
            refuse("token " + difference + ", in '" + other.path().string() + "'");
        }
        (relabelled ? match.relabelled : match.differing).push_back(token);
        auto& first = relabelled ? match.first_relabelled : match.first_differing;
        first = first.empty() ? difference : first;
    }
    return match;
}

}  // namespace otherwise
