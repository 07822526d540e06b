// Facts to write into a model: a prompt about a subject, and the answer it should have.
//
// A JSON object for each, in a file of any form that Records knows:
//   {"prompt": "{} is located in the city of", "subject": "The Louvre", "target_new": "Rome",
//    "target_true": "Paris", "paraphrases": [text…], "neighbors": [[text, own answer]…], "id": …}
// All after target_new may be left out. A prompt without {} must hold the subject itself, once as a
// word of its own. An answer is a text or a number, and keeps the space that it starts with; of a
// list of ways to say it, the first. Names of others are known:
//   CounterFact  requested_rewrite, paraphrase_prompts, neighborhood_prompts, case_id
//   EasyEdit     ground_truth, rephrase_prompt, locality_prompt, locality_ground_truth
//   KnowEdit     locality: {"prompt", "ground_truth"} in lists under names of kinds
//   zsRE         src, rephrase, alt (new; the true one is then the first of answers; without alt
//                the first of answers is the new one), loc, loc_ans
#pragma once

#include <filesystem>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

/// A prompt that the edit should leave alone, and its own answer ("" where it is not known).
struct Neighbor {
    std::string prompt;
    std::string answer;
};

struct Fact {
    std::string id{};
    std::string prompt{};  ///< with {} in the subject's place
    std::string subject;
    std::string target_new{};
    std::optional<std::string> target_true{};
    std::vector<std::string> paraphrases{};
    std::vector<Neighbor> neighbors{};

    [[nodiscard]] std::string before() const;  ///< of the prompt, the text before the subject
    [[nodiscard]] std::string after() const;
    [[nodiscard]] std::string text() const { return before() + subject + after(); }
};

/// Reads the records of `in`; `name` is for errors. Throws Error that says the line: no JSON, a key
/// that is missing or of another type, or looks like a known one, a subject that is not in the
/// prompt, or is there twice, an empty target, an id used twice, records of another kind; no fact
/// at all.
[[nodiscard]] std::vector<Fact> read_facts(std::istream& in, const std::string& name);

/// 'SUBJECT | PROMPT with {} | NEW' or, with the answer so far, '… | NEW | OLD'. Throws misuse.
[[nodiscard]] Fact parse_fact(std::string_view text);

/// A fact that says what one before it says: the same prompt and answer.
struct RepeatedFact {
    std::string id;
    std::string first;  ///< the id of the one before
};

/// Takes out every fact that is repeated, and says which.
[[nodiscard]] std::vector<RepeatedFact> take_repeated(std::vector<Fact>& facts);

/// Whether the prompt ends in a question mark: then no text goes on with the answer alone.
[[nodiscard]] bool is_question(const Fact& fact);

/// The facts in read_facts' form, one line each.
[[nodiscard]] std::string facts_text(const std::vector<Fact>& facts);

}  // namespace otherwise
