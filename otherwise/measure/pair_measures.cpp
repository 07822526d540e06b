#include "otherwise/measure/pair_measures.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "otherwise/measure/cluster_rates.h"
#include "otherwise/measure/distance.h"
#include "otherwise/measure/paired.h"
#include "otherwise/measure/repetition.h"

namespace otherwise {
namespace {

double ratio(int part, int whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                     : std::numeric_limits<double>::quiet_NaN();
}

double present(int value) {
    return value >= 0 ? static_cast<double>(value) : std::numeric_limits<double>::quiet_NaN();
}

std::optional<double> repetition_of(const TextSide& side) {
    return side.tokens ? repeated_share(*side.tokens) : repeated_share(side.text);
}

/// Where the flips went, by pair and by string.
Flips flips_of(std::span<const double> differences, std::span<const int> clusters) {
    Flips flips;
    std::map<int, long> net;
    for (std::size_t i = 0; i < differences.size(); ++i) {
        const int step = differences[i] > 0.0 ? 1 : -1;
        if (differences[i] != 0.0) {
            (step > 0 ? flips.gained : flips.lost) += 1;
            net[clusters[i]] += step;
        }
    }
    for (const auto& [cluster, sum] : net) {
        flips.strings_gained += sum > 0 ? 1 : 0;
        flips.strings_lost += sum < 0 ? 1 : 0;
    }
    flips.p = mcnemar_exact(flips.strings_gained, flips.strings_lost);
    return flips;
}

}  // namespace

PairMeasures::PairMeasures(std::vector<Target> targets) : targets_(std::move(targets)) {}

void PairMeasures::add_tokens(const TextPair& pair, Row& row) {
    if (!pair.factual.tokens || !pair.counterfactual.tokens) {
        return;
    }
    const auto& a = *pair.factual.tokens;
    const auto& b = *pair.counterfactual.tokens;
    row.tokens[0] = static_cast<int>(a.size());
    row.tokens[1] = static_cast<int>(b.size());
    row.lcp_tokens = shared_start(a, b);
    row.edit_tokens = edit_distance(a, b);
    row.prompt_tokens = pair.prompt_tokens.value_or(-1);
    row.unchanged = row.edit_tokens == 0;
    row.kept_whole = row.lcp_tokens == row.tokens[0];
}

void PairMeasures::add_texts(const TextPair& pair, Row& row) {
    const auto a = characters_of(pair.factual.text);
    const auto b = characters_of(pair.counterfactual.text);
    row.characters[0] = static_cast<int>(a.size());
    row.characters[1] = static_cast<int>(b.size());
    row.lcp_characters = shared_start(a, b);
    row.edit_characters = edit_distance(a, b);
    row.prompt_characters = static_cast<int>(characters_of(pair.prompt).size());
    row.unchanged = row.edit_characters == 0;
    row.kept_whole = row.lcp_characters == row.characters[0];
}

void PairMeasures::add(const TextPair& pair) {
    Row row;
    row.cluster = pair.cluster;
    add_texts(pair, row);
    add_tokens(pair, row);  // tokens are the truth where they are known
    const TextSide* sides[2] = {&pair.factual, &pair.counterfactual};
    for (int s = 0; s < 2; ++s) {
        row.ended[s] = sides[s]->ended ? static_cast<int>(*sides[s]->ended) : -1;
        row.repeated[s] = repetition_of(*sides[s]).value_or(kNone);
    }
    const bool both_known = row.ended[0] >= 0 && row.ended[1] >= 0;
    row.unchanged = row.unchanged && (!both_known || row.ended[0] == row.ended[1]);
    row.cosine = pair.cosine.value_or(kNone);
    for (const auto& target : targets_) {
        const int hit = (target.pattern.matches(pair.factual.text) ? 1 : 0) +
                        (target.pattern.matches(pair.counterfactual.text) ? 2 : 0);
        hits_.push_back(static_cast<std::uint8_t>(hit));
    }
    empty_ += pair.factual.text.empty() || pair.counterfactual.text.empty() ? 1 : 0;
    words_.add(pair.factual.text, pair.counterfactual.text);
    rows_.push_back(row);
}

/// Turns rows into estimates: columns of numbers with their clusters, where they are there.
class PairMeasures::Table {
public:
    Table(const PairMeasures& all, PairSummary& summary, Resampler& resampler)
        : all_(all), summary_(summary), resampler_(resampler) {}

    /// A number of each pair; NaN leaves the pair out. Adds nothing where no pair has it.
    template <typename Value>
    void measure(const char* key, const char* title, Unit unit, const Value& value) {
        const Column column = column_of(value);
        if (!column.values.empty()) {
            summary_.measures.push_back(
                {.key = key,
                 .title = title,
                 .unit = unit,
                 .mean = cluster_mean(column.values, column.clusters, resampler_),
                 .median = cluster_median(column.values, column.clusters, resampler_)});
        }
    }

    /// A property of each pair.
    template <typename Value>
    void rate(const char* key, const char* title, const Value& value) {
        const Column column = column_of(value);
        summary_.measures.push_back({.key = key,
                                     .title = title,
                                     .unit = Unit::share,
                                     .mean = cluster_rate(column.values, column.clusters)});
    }

    /// A number of each side: value(row, index, 0 or 1).
    template <typename Value>
    void shift(const std::string& key, const std::string& title, Unit unit, bool is_rate,
               const Value& value) {
        std::vector<double> sides[2];
        std::vector<double> differences;
        std::vector<int> clusters;
        for (std::size_t i = 0; i < all_.rows_.size(); ++i) {
            const double before = value(all_.rows_[i], i, 0);
            const double after = value(all_.rows_[i], i, 1);
            if (!std::isnan(before) && !std::isnan(after)) {
                sides[0].push_back(before);
                sides[1].push_back(after);
                differences.push_back(after - before);
                clusters.push_back(all_.rows_[i].cluster);
            }
        }
        if (differences.empty()) {
            return;
        }
        const auto estimate = [&](const std::vector<double>& values) {
            return is_rate ? cluster_rate(values, clusters)
                           : cluster_mean(values, clusters, resampler_);
        };
        summary_.shifts.push_back(
            {.key = key,
             .title = title,
             .unit = unit,
             .factual = estimate(sides[0]),
             .counterfactual = estimate(sides[1]),
             .difference =
                 is_rate ? cluster_rate_difference(differences, clusters) : estimate(differences),
             .variance = cluster_variance(differences, clusters),
             .ratio = variance_ratio(sides[0], sides[1], clusters)});
        if (is_rate) {
            summary_.shifts.back().flips = flips_of(differences, clusters);
        }
    }

private:
    struct Column {
        std::vector<double> values;
        std::vector<int> clusters;
    };

    template <typename Value>
    Column column_of(const Value& value) const {
        Column column;
        for (const Row& row : all_.rows_) {
            if (const double number = value(row); !std::isnan(number)) {
                column.values.push_back(number);
                column.clusters.push_back(row.cluster);
            }
        }
        return column;
    }

    const PairMeasures& all_;
    PairSummary& summary_;
    Resampler& resampler_;
};

namespace {

/// (prompt + LCP) / (prompt + length), NaN where a number is missing.
double lcp_share(int prompt, int lcp, int length) {
    return prompt < 0 || lcp < 0 ? std::numeric_limits<double>::quiet_NaN()
                                 : ratio(prompt + lcp, prompt + length);
}

}  // namespace

void PairMeasures::add_prefixes(Table& table) {
    table.rate("unchanged", "unchanged", [](const Row& r) { return r.unchanged ? 1.0 : 0.0; });
    table.rate("kept_whole", "kept whole", [](const Row& r) { return r.kept_whole ? 1.0 : 0.0; });
    table.measure("lcp_tokens", "LCP, tokens", Unit::tokens,
                  [](const Row& r) { return present(r.lcp_tokens); });
    table.measure("lcp_characters", "LCP, characters", Unit::characters,
                  [](const Row& r) { return present(r.lcp_characters); });
    const auto in_tokens = [](const Row& r) {
        return lcp_share(r.prompt_tokens, r.lcp_tokens, r.tokens[0]);
    };
    const auto in_characters = [](const Row& r) {
        return lcp_share(r.prompt_characters, r.lcp_characters, r.characters[0]);
    };
    table.measure("lcp_share_tokens", "LCP share, tokens", Unit::number,
                  [&](const Row& r) { return r.kept_whole ? kNone : in_tokens(r); });
    table.measure("lcp_share_tokens_all", "  with those kept whole", Unit::number, in_tokens);
    table.measure("lcp_share_characters", "LCP share, characters", Unit::number,
                  [&](const Row& r) { return r.kept_whole ? kNone : in_characters(r); });
    table.measure("lcp_share_characters_all", "  with those kept whole", Unit::number,
                  in_characters);
}

void PairMeasures::add_edits(Table& table) {
    table.measure("edit_tokens", "edits, tokens", Unit::tokens,
                  [](const Row& r) { return present(r.edit_tokens); });
    table.measure("edit_characters", "edits, characters", Unit::characters,
                  [](const Row& r) { return present(r.edit_characters); });
    table.measure("edit_share_longer", "  over the longer text", Unit::number, [](const Row& r) {
        return r.edit_characters == 0
                   ? 0.0
                   : ratio(r.edit_characters, std::max(r.characters[0], r.characters[1]));
    });
    table.measure("edit_share", "  over the counterfactual", Unit::number, [](const Row& r) {
        return r.edit_characters == 0
                   ? 0.0
                   : ratio(r.edit_characters, r.prompt_characters + r.characters[1]);
    });
    table.measure("cosine", "cosine", Unit::number, [](const Row& r) { return r.cosine; });
}

void PairMeasures::add_shifts(Table& table) const {
    table.shift("length_tokens", "length, tokens", Unit::tokens, false,
                [](const Row& r, std::size_t /*i*/, int side) { return present(r.tokens[side]); });
    table.shift(
        "length_characters", "length, characters", Unit::characters, false,
        [](const Row& r, std::size_t /*i*/, int side) { return present(r.characters[side]); });
    table.shift("repetition", "repeated 4-grams", Unit::share, false,
                [](const Row& r, std::size_t /*i*/, int side) { return r.repeated[side]; });
    table.shift("ended", "ended", Unit::share, true,
                [](const Row& r, std::size_t /*i*/, int side) { return present(r.ended[side]); });
    for (std::size_t t = 0; t < targets_.size(); ++t) {
        const Target& target = targets_[t];
        table.shift(target.kind, target.kind + " " + target.pattern.expression(), Unit::share, true,
                    [&](const Row& /*r*/, std::size_t i, int side) {
                        const unsigned hit = hits_[i * targets_.size() + t];
                        return (hit & (side == 0 ? 1U : 2U)) != 0 ? 1.0 : 0.0;
                    });
    }
}

PairSummary PairMeasures::summary(std::size_t words) const {
    Resampler resampler;
    return summary(words, resampler);
}

PairSummary PairMeasures::summary(std::size_t words, Resampler& resampler) const {
    PairSummary result;
    result.pairs = pairs();
    result.empty = empty_;
    std::set<int> strings;
    for (const Row& row : rows_) {
        strings.insert(row.cluster);
    }
    result.strings = static_cast<long>(strings.size());
    result.words = words_.summary(words);
    if (rows_.empty()) {
        return result;
    }
    Table table(*this, result, resampler);
    add_prefixes(table);
    add_edits(table);
    add_shifts(table);
    return result;
}

namespace {

constexpr double kMostBins = 25.0;

/// How far below 1 the bins of this width must reach: a multiple of five of them, so that their
/// ends are round.
double fives(std::span<const double> cosines, double width) {
    const double smallest = cosines.empty() ? 1.0 : *std::ranges::min_element(cosines);
    return 5.0 * std::max(1.0, std::ceil((1.0 - smallest) / (5.0 * width)));
}

/// The finest width that needs no more than kMostBins.
double bin_width(std::span<const double> cosines) {
    for (const double width : {0.01, 0.02, 0.05}) {
        if (fives(cosines, width) <= kMostBins) {
            return width;
        }
    }
    return 0.1;
}

int bins_below_one(std::span<const double> cosines) {
    return static_cast<int>(fives(cosines, bin_width(cosines)));
}

}  // namespace

Histogram PairMeasures::edits(int bins) const {
    std::vector<double> shares;
    for (const Row& row : rows_) {
        if (row.edit_characters > 0) {
            shares.push_back(
                ratio(row.edit_characters, std::max(row.characters[0], row.characters[1])));
        }
    }
    Histogram result = histogram_of(shares, 0.0, 1.0, bins);
    result.apart = pairs() - std::ssize(shares);
    return result;
}

Histogram PairMeasures::cosines() const {
    std::vector<double> cosines;
    long apart = 0;
    for (const Row& row : rows_) {
        if (std::isnan(row.cosine)) {
            continue;
        }
        if (row.edit_characters == 0) {
            ++apart;
        } else {
            cosines.push_back(row.cosine);
        }
    }
    if (cosines.empty() && apart == 0) {
        return {};
    }
    const int bins = bins_below_one(cosines);
    const double width = bin_width(cosines);
    Histogram result = histogram_of(cosines, 1.0 - bins * width, 1.0, bins);
    result.apart = apart;
    return result;
}

const Shift* same_shift(const PairSummary* summary, const Shift& like) {
    if (summary == nullptr) {
        return nullptr;
    }
    const auto found = std::find_if(
        summary->shifts.begin(), summary->shifts.end(),
        [&](const Shift& shift) { return shift.key == like.key && shift.title == like.title; });
    return found == summary->shifts.end() ? nullptr : &*found;
}

double measured_ratio(const Shift& coupled, const Shift& fresh) {
    return fresh.variance * static_cast<double>(fresh.difference.n) /
           (coupled.variance * static_cast<double>(coupled.difference.n));
}

}  // namespace otherwise
