#include "otherwise/measure/scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::size_t kPairsAtOnce = 32;  ///< embedded together

TextSide side_of(const PairText& text) {
    TextSide side{.text = text.text, .ended = text.ended};
    if (text.tokens) {
        side.tokens = *text.tokens;
    }
    return side;
}

/// What read_pairs makes sure of in files.
void require_whole(const ReadPair& pair, std::size_t number) {
    const std::string name = "pair " + std::to_string(number);
    for (const auto* text :
         {&pair.factual.text, &pair.counterfactual.text, &pair.prompt, &pair.world, &pair.string}) {
        if (!is_utf8(*text)) {
            fail({.where = "Scorer",
                  .expected = "texts in UTF-8",
                  .came = "other bytes in " + name});
        }
    }
    if (pair.factual.tokens.has_value() != pair.counterfactual.tokens.has_value()) {
        fail({.where = "Scorer",
              .expected = "tokens of both texts, or of none",
              .came = "those of one in " + name});
    }
}

}  // namespace

Scorer::Scorer(ScorerOptions options, std::unique_ptr<Embedder> embedder)
    : options_(std::move(options)), embedder_(std::move(embedder)) {}

void Scorer::read(std::istream& in, const std::string& source, const PairFields& fields,
                  const std::string& unnamed) {
    Source state{.unnamed = unnamed};
    read_pairs(in, source, fields, [&](ReadPair&& pair) {
        give(std::move(pair), state);
        return !cancelled_;
    });
    close(state);
}

void Scorer::match(std::istream& factual, const std::string& factual_source,
                   std::istream& counterfactual, const std::string& counterfactual_source,
                   const PairFields& fields, const std::string& world) {
    Source state{.unnamed = world};
    matched_[0] = factual_source;
    matched_[1] = counterfactual_source;
    matches_ = match_answers(factual, factual_source, counterfactual, counterfactual_source, fields,
                             [&](ReadPair&& pair) { give(std::move(pair), state); });
    close(state);
}

void Scorer::add(std::vector<ReadPair> pairs, const std::string& unnamed) {
    Source state{.unnamed = unnamed};
    for (std::size_t i = 0; i < pairs.size() && !cancelled_; ++i) {
        require_whole(pairs[i], i + 1);
        if (pairs[i].string.empty()) {
            pairs[i].string = std::to_string(i + 1);
        }
        give(std::move(pairs[i]), state);
    }
    close(state);
}

std::vector<WorldMeasures> Scorer::worlds() {
    flush();
    require_worlds();
    std::vector<WorldMeasures> result;
    for (const auto& name : order_) {
        std::optional<PairSummary> summaries[2];  // of its own pairs and of its fresh ones
        for (const bool fresh : {false, true}) {
            if (const auto found = measures_.find({name, fresh}); found != measures_.end()) {
                summaries[int{fresh}] = found->second.summary(options_.words);
            }
        }
        if (summaries[0]) {
            result.push_back({.world = name, .summary = *summaries[0], .fresh = summaries[1]});
        }
        if (summaries[1]) {
            result.push_back({.world = name, .summary = *summaries[1], .independent = true});
        }
    }
    return result;
}

std::vector<std::string> Scorer::notes() const {
    std::vector<std::string> lines;
    if (repeated_ > 0) {
        lines.push_back(
            fmt::format("{} of {} pairs repeat a string, sample and world; each counts again",
                        repeated_, taken_));
    }
    if (matches_.only_factual + matches_.only_counterfactual > 0) {
        lines.push_back(fmt::format(
            "{} texts of {} and {} of {} have no partner with their id; they are left out",
            matches_.only_factual, matched_[0], matches_.only_counterfactual, matched_[1]));
    }
    if (started_ > 0) {
        lines.push_back(fmt::format(
            "in {} of {} pairs the tokens of only one text begin with token {}, a start token "
            "(BOS); it is left out",
            started_, taken_, *start_));
    }
    if (embedder_ && embedder_->cut() > 0) {
        lines.push_back(fmt::format(
            "{} texts are longer than the embedder's {} tokens; only their start is embedded",
            embedder_->cut(), embedder_->longest()));
    }
    return lines;
}

void Scorer::give(ReadPair&& pair, Source& source) {
    if (pair.world.empty()) {
        pair.world = source.unnamed;
    }
    if (!is_admitted(pair, source)) {
        return;
    }
    if (pair.prompt_tokens == 0) {
        source.whole.push_back(std::move(pair));
    } else {
        take(std::move(pair));
    }
}

void Scorer::close(Source& source) {
    if (const auto start = lone_start_token(source.whole)) {
        start_ = start;
        started_ += static_cast<long>(source.whole.size());
        std::ranges::for_each(source.whole, [&](auto& pair) { drop_start_token(pair, *start); });
    }
    std::ranges::for_each(source.whole, [&](auto& pair) { take(std::move(pair)); });
}

/// Whether the pair is of a world that is asked for, and within the limit.
bool Scorer::is_admitted(const ReadPair& pair, Source& source) {
    seen_.insert(pair.world);
    auto& strings = source.strings;
    if (cancelled_ || !wanted(pair.world) ||
        (options_.limit > 0 && !strings.contains(pair.string) &&
         strings.size() == options_.limit)) {
        return false;
    }
    if (options_.limit > 0) {
        strings.insert(pair.string);
    }
    return true;
}

bool Scorer::wanted(const std::string& world) const {
    const auto& names = options_.worlds;
    return names.empty() || std::ranges::find(names, world) != names.end();
}

void Scorer::take(ReadPair&& pair) {
    ++taken_;
    const auto name = fmt::format("{}\n{}\n{}\n{}", pair.string, pair.sample, pair.world,
                                  pair.independent ? 1 : 0);
    repeated_ += keys_.insert(hash64(name)).second ? 0 : 1;
    waiting_.push_back(std::move(pair));
    if (waiting_.size() == kPairsAtOnce) {
        flush();
    }
}

/// Cosines of the waiting pairs, or none.
std::vector<std::optional<double>> Scorer::cosines() {
    std::vector<std::optional<double>> result(waiting_.size());
    if (!embedder_ || waiting_.empty()) {
        return result;
    }
    std::vector<std::string> texts;
    for (const auto& pair : waiting_) {
        texts.push_back(pair.factual.text);
        texts.push_back(pair.counterfactual.text);
    }
    const auto cosines = pair_cosines(*embedder_, texts, options_.e5);
    std::copy(cosines.begin(), cosines.end(), result.begin());
    return result;
}

void Scorer::flush() {
    cancelled_ = cancelled_ || (options_.cancelled && options_.cancelled());
    if (cancelled_) {
        taken_ -= static_cast<long>(waiting_.size());
        waiting_.clear();
    }
    const auto cosine = cosines();
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        const ReadPair& pair = waiting_[i];
        const int next = static_cast<int>(clusters_.size());
        const int cluster = clusters_.try_emplace(pair.string, next).first->second;
        if (std::ranges::find(order_, pair.world) == order_.end()) {
            order_.push_back(pair.world);
        }
        measures_.try_emplace({pair.world, pair.independent}, options_.targets)
            .first->second.add({.cluster = cluster,
                                .factual = side_of(pair.factual),
                                .counterfactual = side_of(pair.counterfactual),
                                .prompt = pair.prompt,
                                .prompt_tokens = pair.prompt_tokens,
                                .cosine = cosine[i]});
    }
    waiting_.clear();
}

void Scorer::require_worlds() const {
    for (const auto& name : options_.worlds) {
        if (!seen_.contains(name) && !cancelled_) {
            misuse({.where = "score",
                    .expected = fmt::format("{}, one of {}", setting("world", "NAME"),
                                            fmt::join(seen_, ", ")),
                    .came = "'" + name + "'"});
        }
    }
}

}  // namespace otherwise
