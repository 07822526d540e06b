// The prompts that a knowledge edit evaluates: each fact bare and behind random prefixes, with its
// target, and "SUBJECT is a", whose law should stay.
#pragma once

#include <string>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/fit/edit/facts.h"
#include "otherwise/model/model.h"

namespace otherwise {

struct EditPrompt {
    int fact = 0;
    Tokens rows;           ///< with all targets but the last
    int subject = 0;       ///< row of the subject's last token
    int first_target = 0;  ///< row whose next token is the first target
    Tokens target;         ///< empty for the prompt whose law should stay
    bool bare = false;     ///< the fact's own prompt
};

/// Of each fact: the bare prompt, one behind each prefix, the one to keep. Throws Error for a fact
/// whose target has no tokens.
[[nodiscard]] std::vector<EditPrompt> edit_prompts(const Model& model,
                                                   const std::vector<Fact>& facts,
                                                   const std::vector<std::string>& prefixes);

/// Texts that the model wrote, as prefixes: "… . "
[[nodiscard]] std::vector<std::string> prefixes_of(const Model& model,
                                                   const std::vector<Tokens>& texts);

}  // namespace otherwise
