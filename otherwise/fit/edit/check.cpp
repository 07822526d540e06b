#include "otherwise/fit/edit/check.h"

#include <cmath>
#include <map>

#include "otherwise/fit/edit/answer_text.h"
#include "otherwise/fit/edit/continuations.h"

namespace otherwise {
namespace {

/// The numbers of a fact's probabilities among the queries; −1 where there is none.
struct AnswerQueries {
    int new_answer = -1;
    int own_answer = -1;
};

/// Collects the queries of all facts, each once.
class Queries {
public:
    int add(const std::string& text, const std::string& target) {
        if (target.empty()) {
            return -1;
        }
        const auto [place, fresh] =
            known_.try_emplace({text, target}, static_cast<int>(queries_.size()));
        if (fresh) {
            queries_.push_back({.text = text, .target = target});
        }
        return place->second;
    }
    AnswerQueries add(const Fact& fact, const std::string& text, const std::string& answer) {
        return {.new_answer = add(text, fact.target_new), .own_answer = add(text, answer)};
    }
    [[nodiscard]] const std::vector<Continuation>& all() const { return queries_; }

private:
    std::map<std::pair<std::string, std::string>, int> known_;
    std::vector<Continuation> queries_;
};

struct FactQueries {
    AnswerQueries prompt;
    std::vector<AnswerQueries> paraphrases;
    std::vector<AnswerQueries> neighbors;
};

double probability(const std::vector<double>& logs, int place) {
    return place < 0 ? 0.0 : std::exp(logs[static_cast<std::size_t>(place)]);
}

/// Adds a prompt's probabilities, and whether the first wins where both are known.
void add(const PromptScore& score, bool known, MeanOf& fresh, MeanOf& own, MeanOf& wins,
         bool new_should_win) {
    fresh.add(score.new_answer);
    if (known) {
        own.add(score.own_answer);
        const bool won = score.new_answer > score.own_answer;
        wins.add(won == new_should_win ? 1.0 : 0.0);
    }
}

PromptScore score_of(const std::string& prompt, const std::string& answer,
                     const AnswerQueries& place, const std::vector<double>& logs) {
    return {.prompt = prompt,
            .answer = answer,
            .new_answer = probability(logs, place.new_answer),
            .own_answer = probability(logs, place.own_answer)};
}

FactScores scores_of(const Fact& fact, const FactQueries& places, const std::vector<double>& logs) {
    FactScores result{.id = fact.id};
    auto& s = result.scores;
    const std::string old = fact.target_true.value_or("");
    add(score_of(fact.text(), old, places.prompt, logs), !old.empty(), s.new_on_prompt,
        s.true_on_prompt, s.efficacy, true);
    for (std::size_t i = 0; i < places.paraphrases.size(); ++i) {
        result.paraphrases.push_back(
            score_of(fact.paraphrases[i], old, places.paraphrases[i], logs));
        add(result.paraphrases.back(), !old.empty(), s.new_on_paraphrases, s.true_on_paraphrases,
            s.paraphrase, true);
    }
    for (std::size_t i = 0; i < places.neighbors.size(); ++i) {
        const auto& neighbor = fact.neighbors[i];
        result.neighbors.push_back(
            score_of(neighbor.prompt, neighbor.answer, places.neighbors[i], logs));
        const auto& score = result.neighbors.back();
        // A neighbor whose own answer is the new one can not leak, and can not be won.
        const bool apart = whole_text(neighbor.prompt, neighbor.answer) !=
                           whole_text(neighbor.prompt, fact.target_new);
        if (apart) {
            add(score, !neighbor.answer.empty(), s.new_on_neighbors, s.own_on_neighbors,
                s.neighborhood, false);
        } else {
            s.own_on_neighbors.add(score.own_answer);
        }
    }
    return result;
}

}  // namespace

void EditScores::add(const EditScores& other) {
    new_on_prompt.add(other.new_on_prompt);
    true_on_prompt.add(other.true_on_prompt);
    new_on_paraphrases.add(other.new_on_paraphrases);
    true_on_paraphrases.add(other.true_on_paraphrases);
    new_on_neighbors.add(other.new_on_neighbors);
    own_on_neighbors.add(other.own_on_neighbors);
    efficacy.add(other.efficacy);
    paraphrase.add(other.paraphrase);
    neighborhood.add(other.neighborhood);
}

std::vector<FactScores> check_facts(const std::shared_ptr<const Model>& model,
                                    const std::vector<Fact>& facts, const CheckOptions& options) {
    Queries queries;
    std::vector<FactQueries> places;
    for (const auto& fact : facts) {
        const std::string old = fact.target_true.value_or("");
        FactQueries own{.prompt = queries.add(fact, fact.text(), old)};
        for (const auto& paraphrase : fact.paraphrases) {
            own.paraphrases.push_back(queries.add(fact, paraphrase, old));
        }
        for (const auto& neighbor : fact.neighbors) {
            own.neighbors.push_back(queries.add(fact, neighbor.prompt, neighbor.answer));
        }
        places.push_back(std::move(own));
    }
    const auto logs = log_probabilities(model, queries.all(), options);
    std::vector<FactScores> scores;
    for (std::size_t i = 0; i < facts.size() && !logs.empty(); ++i) {
        scores.push_back(scores_of(facts[i], places[i], logs));
    }
    return scores;
}

EditScores total_scores(const std::vector<FactScores>& facts) {
    EditScores total;
    for (const auto& fact : facts) {
        total.add(fact.scores);
    }
    return total;
}

}  // namespace otherwise
