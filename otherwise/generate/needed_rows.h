// The rows that a run cannot do without, for the efficiency that `bench` reports.
//
// In each world: the prompt of a string once for all its samples, and of the heads that may be
// shared (blocks.h) each distinct start once, so Σ (length − what it has in common with the one
// before it in lexical order); what samples of a string write, again each distinct start once, but
// for the last token, after which nothing is asked.
#pragma once

#include <vector>

#include "otherwise/model/evaluator.h"

namespace otherwise {

struct NeededRows {
    long prompt = 0;
    long verified = 0;  ///< tokens in common with the factual string: they can be read together
    long written = 0;   ///< tokens that the world had to write by itself, one after another

    [[nodiscard]] long rows() const { return prompt + verified + written; }
    NeededRows& operator+=(const NeededRows& other) {
        prompt += other.prompt;
        verified += other.verified;
        written += other.written;
        return *this;
    }
};

/// What one sample of a string wrote, and how many tokens of it it has in common with the factual
/// string (all of an observed one).
struct Strand {
    Tokens tokens;
    int common = 0;
};

/// Rows of prompts, each of another string.
[[nodiscard]] long needed_prompt_rows(const std::vector<const Tokens*>& prompts,
                                      const Shape& shape);

/// Rows of the samples of one string, without its prompt.
[[nodiscard]] NeededRows needed_written_rows(std::vector<Strand> samples);

}  // namespace otherwise
