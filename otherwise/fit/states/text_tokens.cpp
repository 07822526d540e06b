#include "otherwise/fit/states/text_tokens.h"

#include "otherwise/base/error.h"
#include "otherwise/world/prompt.h"

namespace otherwise {

std::vector<Tokens> tokenize_texts(const Model& model, const PromptForm& form, const TextSet& set) {
    std::vector<Tokens> all;
    all.reserve(set.texts.size());
    const PromptReader read(model, form);
    const int longest = model.n_ctx_train();
    for (const auto& text : set.texts) {
        all.push_back(read({.text = text}));
        const auto length = static_cast<int>(all.back().size());
        if (longest > 0 && length > longest) {
            fail({.where = "tokenize_texts",
                  .expected = "texts of at most " + std::to_string(longest) +
                              " tokens, which the model was trained for",
                  .came = "text " + std::to_string(all.size()) + " of '" + set.path + "' with " +
                          std::to_string(length),
                  .advice = "cut it into shorter ones"});
        }
    }
    return all;
}

}  // namespace otherwise
