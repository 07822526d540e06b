#include "otherwise/generate/prepare.h"

#include <algorithm>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/world/prompt.h"

namespace otherwise {
namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";

[[noreturn]] void bad(const InputString& string, const std::string& expected,
                      const std::string& came) {
    fail({.where = "prepare",
          .expected = expected,
          .came = came + " for string '" + string.id + "'"});
}

/// The error with the string's name, where it has not said it.
Error in_string(const Error& error, const std::string& id) {
    Complaint complaint = error.complaint();
    if (complaint.came.find("string '") == std::string::npos) {
        complaint.came += ", in string '" + id + "'";
    }
    return {error.fault(), std::move(complaint)};
}

/// Length of the first `words` words of the text, without the white space after them.
std::size_t words_end(std::string_view text, int words) {
    std::size_t at = 0;
    for (int i = 0; i < words; ++i) {
        at = text.find_first_not_of(kSpace, at);
        if (at == std::string_view::npos) {
            return at;
        }
        at = std::min(text.find_first_of(kSpace, at), text.size());
    }
    return at;
}

void split_words(const InputString& string, const Model& model, int words, Subject& subject) {
    const std::string whole = *string.prompt;
    const std::size_t end = words_end(whole, words);
    if (end == std::string_view::npos || end >= whole.size()) {
        bad(string, "a text of more than " + std::to_string(words) + " words", "'" + whole + "'");
    }
    subject.prompt = whole.substr(0, end);
    subject.observed = model.continuation(std::string_view(whole).substr(end), true);
}

void split_tokens(const InputString& string, const Model& model, int count, Subject& subject) {
    Tokens whole = model.tokenize(*string.prompt, true, true);
    const int bos = !whole.empty() && whole.front() == model.bos() ? 1 : 0;
    if (static_cast<int>(whole.size()) <= count + bos) {
        bad(string, "a text of more than " + std::to_string(count) + " tokens",
            std::to_string(whole.size() - static_cast<std::size_t>(bos)));
    }
    const auto cut = whole.begin() + count + bos;
    subject.prompt_tokens.assign(whole.begin(), cut);
    subject.from_tokens = true;
    subject.prompt = model.text(subject.prompt_tokens);
    subject.observed = Tokens(cut, whole.end());
}

void observe(const InputString& string, const Model& model, const PromptSplit& split, Token end,
             Subject& subject) {
    if (string.tokens) {
        subject.observed = *string.tokens;
    } else if (string.text) {
        const bool starts =
            subject.prompt.empty() && subject.messages.empty() && !subject.from_tokens;
        subject.observed = starts ? model.tokenize(*string.text, false, true)
                                  : model.continuation(*string.text, true);
    } else if (split.words > 0 || split.tokens > 0) {
        if (!string.prompt) {
            bad(string, "a whole text to split into prompt and observed rest",
                string.messages.empty() ? "a prompt of tokens" : "a chat");
        }
        if (split.words > 0) {
            split_words(string, model, split.words, subject);
        } else {
            split_tokens(string, model, split.tokens, subject);
        }
    } else {
        return;
    }
    if (string.ended && end >= 0 &&
        (subject.observed->empty() || !model.ends(subject.observed->back()))) {
        subject.observed->push_back(end);
    }
    if (subject.observed->empty()) {
        bad(string, "an observed text of at least one token", "an empty one");
    }
    for (const Token token : *subject.observed) {
        if (token < 0 || token >= model.n_vocab()) {
            bad(string, "observed tokens within 0-" + std::to_string(model.n_vocab() - 1),
                std::to_string(token));
        }
    }
}

/// An observed string stops at its first end token: nothing is written after it.
void cut_at_end(Subject& subject, const Model& model) {
    if (subject.observed) {
        const auto end =
            std::ranges::find_if(*subject.observed, [&](Token token) { return model.ends(token); });
        if (end != subject.observed->end()) {
            subject.observed->erase(end + 1, subject.observed->end());
        }
    }
}

int limit(const Subject& subject, int tokens) {
    return subject.observed ? static_cast<int>(subject.observed->size()) : tokens;
}

}  // namespace

std::vector<Subject> prepare(const std::vector<InputString>& strings, const Model& model,
                             const PromptSplit& split, Token end) {
    std::vector<Subject> subjects;
    subjects.reserve(strings.size());
    for (const auto& string : strings) {
        Subject subject;
        subject.id = string.id;
        subject.noise = hash64(string.id);
        subject.donor = string.donor;
        if (string.prompt_tokens) {
            subject.from_tokens = true;
            subject.prompt_tokens = *string.prompt_tokens;
            subject.prompt = model.text(subject.prompt_tokens);
        } else if (!string.messages.empty()) {
            subject.messages = string.messages;
            subject.prompt = string.messages.back().content;
        } else {
            subject.prompt = string.prompt.value_or("");
        }
        try {
            observe(string, model, split, end, subject);
        } catch (const Error& error) {
            throw in_string(error, string.id);
        }
        cut_at_end(subject, model);
        subjects.push_back(std::move(subject));
    }
    return subjects;
}

std::vector<std::shared_ptr<const Tokens>> prompts_in(
    const std::vector<Subject>& subjects, const Model& model, const PromptForm& form,
    const std::vector<std::shared_ptr<const Tokens>>& factual) {
    std::vector<std::shared_ptr<const Tokens>> prompts;
    prompts.reserve(subjects.size());
    const PromptReader read(model, form);
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        const Subject& subject = subjects[i];
        Tokens tokens;
        try {
            tokens = read({.text = subject.prompt,
                           .tokens = subject.prompt_tokens,
                           .from_tokens = subject.from_tokens,
                           .messages = subject.messages});
        } catch (const Error& error) {
            throw in_string(error, subject.id);
        }
        const bool same = i < factual.size() && *factual[i] == tokens;
        prompts.push_back(same ? factual[i] : std::make_shared<const Tokens>(tokens));
    }
    return prompts;
}

int longest(const std::vector<Subject>& subjects,
            const std::vector<std::shared_ptr<const Tokens>>& prompts, int tokens) {
    int most = 0;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        most = std::max(most, static_cast<int>(prompts[i]->size()) + limit(subjects[i], tokens));
    }
    return most;
}

void check_lengths(const std::vector<Subject>& subjects,
                   const std::vector<std::shared_ptr<const Tokens>>& prompts, int tokens,
                   int context, const std::string& world) {
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        const long length = std::ssize(*prompts[i]) + limit(subjects[i], tokens);
        if (length > context) {
            fail({.where = "check_lengths",
                  .expected = "prompt and text of at most " + std::to_string(context) +
                              " tokens (the context)",
                  .came = std::to_string(prompts[i]->size()) + " + " +
                          std::to_string(limit(subjects[i], tokens)) + " for string '" +
                          subjects[i].id + "' in world '" + world + "'",
                  .advice = "shorten it, lower " + setting("tokens") + " or raise " +
                            setting("context")});
        }
    }
}

}  // namespace otherwise
