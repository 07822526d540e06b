// Measures of pairs of texts by world, from records of any form or from plain values.
//
// Pairs are taken source by source, in order; each may belong to another world. A source whose
// tokens hold their prompts may have a start token on one side only, which is then left out
// (pairs.h). Costs pair_measures.h and, with an embedder, one evaluation of each text. Not thread
// safe.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "otherwise/measure/answers.h"
#include "otherwise/measure/pairs.h"
#include "otherwise/measure/world_measures.h"
#include "otherwise/model/embedder.h"

namespace otherwise {

struct ScorerOptions {
    std::vector<Target> targets{};
    std::vector<std::string> worlds{};  ///< these only; empty: all
    std::size_t words = 10;             ///< gained and lost, at most
    std::size_t limit = 0;              ///< strings of each source at most; 0: all
    bool e5 = false;                    ///< the embedder is an E5 model: see pair_cosines
    std::function<bool()> cancelled{};  ///< asked now and then; later pairs are then left out
};

class Scorer {
public:
    /// Cosines only with an embedder.
    explicit Scorer(ScorerOptions options, std::unique_ptr<Embedder> embedder = nullptr);

    /// All pairs of a stream of records; those without a world are of world `unnamed`. Throws Error
    /// like read_pairs.
    void read(std::istream& in, const std::string& source, const PairFields& fields,
              const std::string& unnamed);

    /// The texts of one stream with those of another, of one world. Throws Error like
    /// match_answers.
    void match(std::istream& factual, const std::string& factual_source,
               std::istream& counterfactual, const std::string& counterfactual_source,
               const PairFields& fields, const std::string& world);

    /// Pairs as they are. A pair without a string is one by its number from 1. Throws Error with
    /// that number: texts that are not UTF-8, tokens on one side only.
    void add(std::vector<ReadPair> pairs, const std::string& unnamed);

    /// The worlds in the order in which they came, each followed by its fresh pairs. Throws misuse
    /// where a world that was asked for did not come.
    [[nodiscard]] std::vector<WorldMeasures> worlds();

    /// Lines for people, of what should be known about the pairs as they came.
    [[nodiscard]] std::vector<std::string> notes() const;

    [[nodiscard]] bool cancelled() const { return cancelled_; }

private:
    using Key = std::pair<std::string, bool>;  ///< world, fresh noise

    /// What is known of the source that is being read.
    struct Source {
        std::string unnamed;
        std::set<std::string> strings{};  ///< within the limit
        std::vector<ReadPair> whole{};    ///< whose tokens hold their prompts
    };

    void give(ReadPair&& pair, Source& source);
    void close(Source& source);
    [[nodiscard]] bool is_admitted(const ReadPair& pair, Source& source);
    [[nodiscard]] bool wanted(const std::string& world) const;
    void take(ReadPair&& pair);
    [[nodiscard]] std::vector<std::optional<double>> cosines();
    void flush();
    void require_worlds() const;

    ScorerOptions options_;
    std::unique_ptr<Embedder> embedder_;
    std::vector<ReadPair> waiting_;
    std::map<Key, PairMeasures> measures_;
    std::vector<std::string> order_;
    std::set<std::string> seen_;
    std::map<std::string, int> clusters_;
    std::unordered_set<std::uint64_t> keys_;
    Matches matches_;
    std::string matched_[2];  ///< the sources that were matched
    long taken_ = 0;
    long repeated_ = 0;
    std::optional<Token> start_;  ///< the start token of one side only
    long started_ = 0;            ///< pairs that had it
    bool cancelled_ = false;
};

}  // namespace otherwise
