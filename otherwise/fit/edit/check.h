// What an edit did: efficacy, paraphrase and neighbourhood scores (CounterFact; Meng et al.,
// 2202.05262, section 3.2) and the probabilities behind them.
//
//   ES  P(new | prompt) > P(true | prompt)
//   PS  the same over the paraphrases
//   NS  P(own answer | neighbor) > P(new | neighbor), over neighbors
// A target of several tokens counts by its joint probability. A score is a share of prompts; where
// the answer so far is not known there is none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/fit/edit/facts.h"

namespace otherwise {

class Model;          // model/model.h
struct CheckOptions;  // continuations.h

/// A mean over so many prompts.
struct MeanOf {
    double sum = 0.0;
    int n = 0;
    void add(double value) {
        sum += value;
        ++n;
    }
    void add(const MeanOf& other) {
        sum += other.sum;
        n += other.n;
    }
    [[nodiscard]] std::optional<double> mean() const {
        return n > 0 ? std::optional(sum / n) : std::nullopt;
    }
};

struct EditScores {
    MeanOf new_on_prompt;  ///< P(new | prompt)
    MeanOf true_on_prompt;
    MeanOf new_on_paraphrases;
    MeanOf true_on_paraphrases;
    MeanOf new_on_neighbors;
    MeanOf own_on_neighbors;  ///< P(own answer | neighbor)
    MeanOf efficacy;          ///< ES
    MeanOf paraphrase;        ///< PS
    MeanOf neighborhood;      ///< NS
    void add(const EditScores& other);
};

/// One neighbor or paraphrase, for tables of what leaked.
struct PromptScore {
    std::string prompt;
    std::string answer;  ///< its own, or the true one; may be empty
    double new_answer = 0.0;
    double own_answer = 0.0;
};

struct FactScores {
    std::string id;
    EditScores scores;
    std::vector<PromptScore> paraphrases;
    std::vector<PromptScore> neighbors;
};

/// One for each fact; empty when it was cancelled.
[[nodiscard]] std::vector<FactScores> check_facts(const std::shared_ptr<const Model>& model,
                                                  const std::vector<Fact>& facts,
                                                  const CheckOptions& options);

/// Over all facts: every fact counts once for the prompt, every other prompt once.
[[nodiscard]] EditScores total_scores(const std::vector<FactScores>& facts);

}  // namespace otherwise
