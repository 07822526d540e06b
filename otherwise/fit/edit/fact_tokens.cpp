#include "otherwise/fit/edit/fact_tokens.h"

#include <algorithm>
#include <cstddef>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/edit/answer_text.h"

namespace otherwise {

Tokens PromptTokens::rows() const {
    Tokens all = prompt;
    all.insert(all.end(), target.begin(), target.end() - 1);
    return all;
}

PromptTokens with_target(const Model& model, const std::string& text, const std::string& target) {
    const auto [prompt, answer] = joined_text(text, target);
    PromptTokens result{.prompt = model.tokenize(prompt, true, false)};
    const Tokens all = model.tokenize(prompt + answer, true, false);
    const auto n = result.prompt.size();
    if (all.size() > n && std::equal(result.prompt.begin(), result.prompt.end(), all.begin())) {
        result.target.assign(all.begin() + static_cast<std::ptrdiff_t>(n), all.end());
    } else {
        result.target = model.continuation(answer, false);
    }
    if (result.target.empty() || result.prompt.empty()) {
        fail({.where = "with_target",
              .expected = "a prompt and a target of at least one token each",
              .came = "'" + to_utf8(text) + "' and '" + to_utf8(target) + "'"});
    }
    return result;
}

int row_of_end(const Model& model, const Tokens& tokens, const std::string& text, std::size_t end) {
    std::size_t total = 0;
    for (const Token token : tokens) {
        total += model.piece(token).size();
    }
    // Some vocabularies write a space before the text.
    std::size_t reached = 0;
    const std::size_t wanted = end + (total > text.size() ? total - text.size() : 0);
    for (std::size_t row = 0; row < tokens.size(); ++row) {
        reached += model.piece(tokens[row]).size();
        if (reached >= wanted) {
            return static_cast<int>(row);
        }
    }
    fail({.where = "row_of_end",
          .expected = "tokens that write '" + to_utf8(text) + "'",
          .came = "'" + to_utf8(model.text(tokens)) + "'"});
}

}  // namespace otherwise
