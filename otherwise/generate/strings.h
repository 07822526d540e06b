// The strings of a run: read from a file of records, then tokenized once.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/base/chat_message.h"
#include "otherwise/base/token.h"

namespace otherwise {

/// One string as it was given.
struct InputString {
    std::string id{};                       ///< unique; the line number (from 1) by default
    std::optional<std::string> prompt;      ///< or prompt_tokens, or messages
    std::optional<Tokens> prompt_tokens{};  ///< where both are given, the prompt is for people only
    std::vector<ChatMessage> messages{};    ///< the turns before the observed one
    std::string donor{};                    ///< prompt whose states patch: takes; "" without
    std::optional<std::string> text{};  ///< observed continuation, tokenized apart from the prompt
    std::optional<Tokens> tokens{};     ///< the same as tokens, with the EOG token if it is known
    bool ended = false;                 ///< the observed text ended by itself
    int line = 0;                       ///< in its file, from 1; 0 for -p
};

/// Where things are in a record: dotted paths, with indices in arrays ("resps.0.0"); "" is the
/// known names.
struct StringFields {
    std::string prompt;
    std::string text{};
    std::string id{};

    bool operator==(const StringFields&) const = default;
};

struct ReadOptions {
    int limit = 0;  ///< the first N strings only, 0 = all
    StringFields fields;
    bool chat = false;         ///< records may be chats
    bool whole_texts = false;  ///< texts to split later: a record's "text" alone is one
};

/// Reads whatever Records knows. A line of text, or a string of a JSON array, is a prompt. Of an
/// object: id (string or integer; by default the line's number, in JSON arrays and values over
/// several lines the record's), and
///   prompt | prompt_tokens, with text | tokens | completion, and ended
///   instruction, input, output: the prompt is the first two, a line each, the text the third
///   donor: a prompt for patch:
///   messages | conversations (with `chat`): an assistant's turn at the end is the text
///   what `run --jsonl` writes: its "string" is the id, and its "factual" object gives tokens (and
///     ended, when its end is "eog"); a repeated (id, same content) line from several worlds or
///     samples of that file is one string. Where the samples of a sampled string differ, sample
///     s > 0 is the string ID#s.
/// A null counts as missing, unknown keys are ignored, unless they look like known ones; reading
/// stops at the limit. Throws Error with `source` and line: not JSON, wrong type, invalid UTF-8,
/// duplicate id, no prompt, two observed texts, a chat without `chat`; records of another kind
/// (facts, pairs), a file of another kind; no string at all.
[[nodiscard]] std::vector<InputString> read_strings(std::istream& in, const std::string& source,
                                                    const ReadOptions& options = {});

/// A string ready to run in the factual world.
struct Subject {
    std::string id;
    std::uint64_t noise = 0;  ///< hash64(id): the string's part of the noise key
    std::string prompt;       ///< for people and for worlds that change the prompt's text
    /// A chat in place of the prompt, which then is what its last turn says, for people; else none.
    std::vector<ChatMessage> messages;
    std::string donor;               ///< prompt whose states patch: takes; "" without
    bool from_tokens = false;        ///< prompt was given as tokens; its text is only for people
    Tokens prompt_tokens;            ///< given tokens when from_tokens, else empty
    std::optional<Tokens> observed;  ///< continuation, with the EOG token when it ended
    bool sampled = false;  ///< `observed` was written by the factual world: it is read as written
};

}  // namespace otherwise
