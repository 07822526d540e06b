// One JSON line for each counterfactual: what `run --jsonl` writes and read_strings reads again.
//
//   {"string": id, "sample": s, "world": name, "prompt": text,
//    "factual": {"text", "tokens", "end"}, "counterfactual": {"text", "tokens", "end"},
//    "lcp": tokens in common, "margin": nats or null,
//    "divergence": {"position", "factual", "counterfactual", "runner_up", "margin"} or null,
//    "observed": bool}
//
// After "prompt" comes "prompt_tokens" where the prompt was given as tokens, or "messages" where it
// is a chat, of whose last turn "prompt" has the text, and "donor" where the string has one; at the
// end come "world_prompt" (text) where the world changes the prompt and "independent": true under
// fresh noise. Keys keep this order. "tokens" are the truth and hold the EOG token; "text" leaves
// it out, and what is not UTF-8 in a text is U+FFFD. "end" is "eog" or "limit". Numbers are the
// shortest that read back the same, in every locale; a margin that no noise decided (+inf) is null.
// "divergence" is where the strings part: the tokens of both, the second of that race, which a do
// has not, and the nats by which it lost; null where they do not part, and under fresh noise.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "otherwise/base/chat_message.h"
#include "otherwise/base/token.h"
#include "otherwise/generate/record.h"

namespace otherwise {

/// What a line says beyond its Pair. Whoever calls lends the model's own text and ends.
struct PairContext {
    std::string id;
    std::string world;                                        ///< its name
    std::string prompt;                                       ///< the factual prompt's text
    std::optional<Tokens> prompt_tokens;                      ///< where it was given as tokens
    std::span<const ChatMessage> messages;                    ///< where it is a chat
    std::string donor{};                                      ///< where it has one
    std::function<std::string(std::span<const Token>)> text;  ///< bytes of written tokens
    std::function<bool(Token)> ends;                          ///< end of generation?
    std::function<std::string(std::span<const Token>)> prompt_text;  ///< of prompts; text if unset
};

/// The line, without a newline. Thread safe where the functions are.
[[nodiscard]] std::string to_jsonl(const Pair& pair, const PairContext& context);

}  // namespace otherwise
