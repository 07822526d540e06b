// The strings of a run: read from lines or JSON lines, then tokenized once.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise {

/// One string as it was given.
struct InputString {
    std::string id;                       ///< unique; the line number (from 1) by default
    std::optional<std::string> prompt;    ///< or prompt_tokens
    std::optional<Tokens> prompt_tokens;  ///< where both are given, the prompt is for people only
    std::optional<std::string> text;  ///< observed continuation, tokenized apart from the prompt
    std::optional<Tokens> tokens;     ///< the same as tokens, with the EOG token if it is known
    bool ended = false;               ///< the observed text ended by itself
    int line = 0;                     ///< in its file, from 1; 0 for -p
};

struct ReadOptions {
    int limit = 0;  ///< the first N strings only, 0 = all
    int first_line = 1;
};

/// Reads one prompt a line, or JSON lines when the first non-blank line starts with '{'. Blank
/// lines are skipped (they count as lines). JSON keys: id (string or integer), prompt |
/// prompt_tokens, text | tokens, ended; what `run --jsonl` writes is read too: its "string" is the
/// id, and its "factual" object gives tokens (and ended, when its end is "eog"); a repeated (id,
/// same content) line from several worlds or samples of that file is one string. Where the samples
/// of a sampled string differ, sample s > 0 is the string ID#s. A null counts as missing, unknown
/// keys are ignored. CRLF and a byte-order mark are dropped; reading stops at the limit. Throws
/// Error with `source` and line: not JSON, wrong type, invalid UTF-8, duplicate id, neither prompt
/// nor prompt_tokens, both text and tokens; no string at all.
[[nodiscard]] std::vector<InputString> read_strings(std::istream& in, const std::string& source,
                                                    const ReadOptions& options = {});

/// A string ready to run in the factual world.
struct Subject {
    std::string id;
    std::uint64_t noise = 0;         ///< hash64(id): the string's part of the noise key
    std::string prompt;              ///< for people and for worlds that change the prompt's text
    bool from_tokens = false;        ///< prompt was given as tokens; its text is only for people
    Tokens prompt_tokens;            ///< given tokens when from_tokens, else empty
    std::optional<Tokens> observed;  ///< continuation, with the EOG token when it ended
};

}  // namespace otherwise
