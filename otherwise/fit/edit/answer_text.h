// How an answer goes on after its prompt: with a space between, or without one.
//
// Space at a prompt's end belongs to the answer: " Rome" is one token where "of " and "Rome" are
// two that no text has. An answer that starts with white space is taken as it is. Else a space is
// put between, but not
//   - after a line break, an opening bracket or quotation mark, a sign of currency, or one of /#@-,
//   - beside a sign of a script that is written without spaces (Han, kana, Thai, Lao, Khmer,
//     Myanmar, …) or a fullwidth one,
//   - before closing punctuation that no word follows ("?", ")", ", and", not ".NET"), or an ending
//     of the word before ("'s").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

/// One text is `prompt + answer`.
struct JoinedText {
    std::string prompt;
    std::string answer;
};

[[nodiscard]] JoinedText joined_text(std::string_view prompt, std::string_view answer);

/// Both as one text, without white space at its end: equal for answers that mean the same here.
[[nodiscard]] std::string whole_text(std::string_view prompt, std::string_view answer);

/// Where `word` stands in `text`, as a word of its own (letters and digits neither before nor
/// after it; scripts without spaces have no such borders) or, with `inside`, anywhere.
[[nodiscard]] std::vector<std::size_t> places_of(std::string_view text, std::string_view word,
                                                 bool inside);

}  // namespace otherwise
