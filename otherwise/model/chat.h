// The model's own chat template, applied by llama.cpp (its list of known templates, no Jinja).
//
// llama.cpp does not run the template: it guesses from telling words in it ("<|im_start|>" is
// chatml) which of its own forms is meant, and writes that form. What else the template does is
// lost. SmolLM2's, for one, starts every conversation without a system message with a default one
// ("You are a helpful AI assistant named SmolLM, trained by Hugging Face"); chatml adds none, so
// give that text as the system message to get what other programs send. A form without a system
// role puts the system message before the user's.
//
// The text holds special tokens ("<|im_start|>"), so tokenize it with parse_special; tokenize with
// add_special too, since the forms leave the BOS out where the vocabulary adds it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/model/model.h"

namespace otherwise {

/// The text of one user message, after an optional system message, up to where the answer starts.
/// Throws Error when the model has no template or one that llama.cpp does not know, or when the
/// form drops one of the messages; misuse when a message holds a NUL byte.
[[nodiscard]] std::string chat_prompt(const Model& model, const std::optional<std::string>& system,
                                      std::string_view user);

/// The token that ends a turn of the assistant: the first end-of-generation token that the template
/// writes after its text, else the vocabulary's end-of-turn token, else its EOS; −1 without.
[[nodiscard]] Token turn_end(const Model& model);

/// Whether chat_prompt works for this model.
[[nodiscard]] bool chat_template_known(const Model& model);

/// The forms that llama.cpp writes: "chatml", "llama3", "gemma", …
[[nodiscard]] std::vector<std::string> chat_template_names();

}  // namespace otherwise
