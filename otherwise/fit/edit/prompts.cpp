#include "otherwise/fit/edit/prompts.h"

#include <algorithm>

#include "otherwise/base/text.h"
#include "otherwise/fit/edit/answer_text.h"
#include "otherwise/fit/edit/fact_tokens.h"

namespace otherwise {
namespace {

constexpr std::size_t kShort = 5;  // tokens of every second prefix

EditPrompt target_prompt(const Model& model, const Fact& fact, const std::string& prefix) {
    const std::string start = prefix + fact.before() + fact.subject;
    const auto text = joined_text(start + fact.after(), fact.target_new);
    const auto tokens = with_target(model, text.prompt, text.answer);
    return {.rows = tokens.rows(),
            .subject = row_of_end(model, tokens.prompt, text.prompt,
                                  std::min(start.size(), text.prompt.size())),
            .first_target = static_cast<int>(tokens.prompt.size()) - 1,
            .target = tokens.target,
            .bare = prefix.empty()};
}

EditPrompt kept_prompt(const Model& model, const Fact& fact) {
    const std::string text = fact.subject + " is a";
    EditPrompt prompt{.rows = model.tokenize(text, true, false)};
    prompt.subject = row_of_end(model, prompt.rows, text, fact.subject.size());
    prompt.first_target = static_cast<int>(prompt.rows.size()) - 1;
    return prompt;
}

}  // namespace

std::vector<EditPrompt> edit_prompts(const Model& model, const std::vector<Fact>& facts,
                                     const std::vector<std::string>& prefixes) {
    std::vector<EditPrompt> prompts;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const auto first = prompts.size();
        prompts.push_back(target_prompt(model, facts[i], ""));
        for (const auto& prefix : prefixes) {
            prompts.push_back(target_prompt(model, facts[i], prefix));
        }
        prompts.push_back(kept_prompt(model, facts[i]));
        for (auto at = first; at < prompts.size(); ++at) {
            prompts[at].fact = static_cast<int>(i);
        }
    }
    return prompts;
}

std::vector<std::string> prefixes_of(const Model& model, const std::vector<Tokens>& texts) {
    std::vector<std::string> prefixes;
    for (const auto& tokens : texts) {
        Tokens part = tokens;
        if (prefixes.size() % 2 == 0 && part.size() > kShort) {
            part.resize(kShort);
        }
        std::string text = to_utf8(model.text(part));
        for (auto& c : text) {
            c = c == '\n' || c == '\r' ? ' ' : c;
        }
        prefixes.push_back(text + ". ");
    }
    return prefixes;
}

}  // namespace otherwise
