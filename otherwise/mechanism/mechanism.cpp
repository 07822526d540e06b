#include "otherwise/mechanism/mechanism.h"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "otherwise/base/error.h"
#include "otherwise/mechanism/rows.h"

namespace otherwise {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();

/// Descending logits, then ascending ids: the order all truncations cut.
bool before(const Candidate& a, const Candidate& b) noexcept {
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

/// Leaves the k first of `kept` in the order above; they come unordered.
void shorten(std::vector<Candidate>& kept, std::size_t k) {
    if (k < kept.size()) {
        std::nth_element(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(k), kept.end(),
                         before);
        kept.resize(k);
    }
}

/// The k largest of a row. The k-th largest of the block maxima is at most the k-th largest logit,
/// so few tokens pass it.
void keep_top_k(std::span<const float> raw, std::size_t k, LawScratch& scratch) {
    rows::block_maxima(raw, scratch.maxima);
    float bound = -FLT_MAX;
    if (k <= scratch.maxima.size()) {
        const auto kth = scratch.maxima.begin() + static_cast<std::ptrdiff_t>(k - 1);
        std::nth_element(scratch.maxima.begin(), kth, scratch.maxima.end(), std::greater<>());
        bound = std::max(bound, *kth);
    }
    rows::gather(raw, bound, scratch.kept);
    shorten(scratch.kept, k);
}

double weigh(std::span<const Candidate> part, std::span<const float> weights) noexcept {
    double sum = 0.0;
    for (const Candidate& c : part) {
        sum += double{weights[static_cast<std::size_t>(c.token)]};
    }
    return sum;
}

/// Length of the shortest prefix of `kept`, in descending order, that weighs at least `target`; all
/// of it when none does. Halves the part that holds the border, so the cost is linear.
std::size_t prefix_length(std::span<Candidate> kept, std::span<const float> weights,
                          double target) {
    constexpr std::size_t kFew = 64;
    std::size_t from = 0;
    std::size_t to = kept.size();
    double weighed = 0.0;
    while (to - from > kFew) {
        const std::size_t half = (to - from) / 2;
        const std::span<Candidate> part = kept.subspan(from, to - from);
        std::nth_element(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(half), part.end(),
                         before);
        const double sum = weigh(part.first(half), weights);
        if (weighed + sum >= target) {
            to = from + half;
        } else {
            weighed += sum;
            from += half;
        }
    }
    const std::span<Candidate> part = kept.subspan(from, to - from);
    std::sort(part.begin(), part.end(), before);
    for (std::size_t i = 0; i < part.size(); ++i) {
        weighed += weigh(part.subspan(i, 1), weights);
        if (weighed >= target) {
            return from + i + 1;
        }
    }
    return to;
}

/// Cuts what top-k left to its top-p prefix.
void keep_top_p_of_kept(float peak, double p, LawScratch& scratch) {
    for (const Candidate& c : scratch.kept) {
        scratch.weights[static_cast<std::size_t>(c.token)] = std::exp(c.logit - peak);
    }
    const double target = p * weigh(scratch.kept, scratch.weights);
    scratch.kept.resize(prefix_length(scratch.kept, scratch.weights, target));
}

// Bins of 1/64 nat below the peak; the last holds all the rest.
constexpr std::size_t kBins = 2048;
std::size_t bin_below(float peak, float logit) noexcept {
    const float x = (peak - logit) * 64.0F;
    return x < static_cast<float>(kBins - 1) ? static_cast<std::size_t>(x) : kBins - 1;
}

/// The top-p prefix of a whole row: one pass finds the bin that holds the border, only its tokens
/// are compared.
void keep_top_p_of_row(std::span<const float> raw, float peak, double p, LawScratch& scratch) {
    const double target = p * rows::exponentials(raw, peak, scratch.weights);
    std::array<double, kBins> sums{};
    for (std::size_t k = 0; k < raw.size(); ++k) {
        sums[bin_below(peak, raw[k])] += double{scratch.weights[k]};
    }
    std::size_t border = 0;
    double above = 0.0;
    while (border + 1 < kBins && above + sums[border] < target) {
        above += sums[border++];
    }
    const bool last = border + 1 == kBins;  // else one bin of slack for the bound's rounding
    const float bound = last ? -FLT_MAX : peak - static_cast<float>(border + 2) / 64.0F;
    std::vector<Candidate>& kept = scratch.kept;
    rows::gather(raw, bound, kept);
    std::erase_if(kept, [&](const Candidate& c) { return bin_below(peak, c.logit) > border; });
    const auto middle = std::partition(kept.begin(), kept.end(), [&](const Candidate& c) {
        return bin_below(peak, c.logit) < border;
    });
    const auto sure = static_cast<std::size_t>(middle - kept.begin());
    const std::span<Candidate> rest = std::span(kept).subspan(sure);
    kept.resize(sure + prefix_length(rest, scratch.weights, target - above));
}

/// Leaves the tokens that pass top-k, top-p and min-p in scratch.kept, unordered.
void truncate(const Mechanism& mechanism, std::span<const float> raw, float peak,
              LawScratch& scratch) {
    bool narrowed = false;
    if (mechanism.top_k > 0) {
        keep_top_k(raw, static_cast<std::size_t>(mechanism.top_k), scratch);
        narrowed = true;
    }
    if (mechanism.top_p < 1.0F) {
        scratch.weights.resize(raw.size());
        if (narrowed) {
            keep_top_p_of_kept(peak, double{mechanism.top_p}, scratch);
        } else {
            keep_top_p_of_row(raw, peak, double{mechanism.top_p}, scratch);
        }
        narrowed = true;
    }
    if (mechanism.min_p > 0.0F) {
        const float bound = peak + std::log(mechanism.min_p);
        if (narrowed) {
            std::erase_if(scratch.kept, [&](const Candidate& c) { return c.logit < bound; });
        } else {
            rows::gather(raw, bound, scratch.kept);
        }
    }
}

Law greedy_law(const Mechanism& mechanism, std::span<const float> raw, float peak,
               LawScratch& scratch) {
    if (mechanism.truncates()) {
        truncate(mechanism, raw, peak, scratch);
    } else {
        keep_top_k(raw, 2, scratch);
    }
    std::vector<Candidate>& kept = scratch.kept;
    const auto two = static_cast<std::ptrdiff_t>(std::min<std::size_t>(2, kept.size()));
    std::partial_sort(kept.begin(), kept.begin() + two, kept.end(), before);
    const Candidate best = kept.front();
    scratch.logits.assign(raw.size(), kMasked);
    scratch.weights.assign(raw.size(), 0.0F);
    scratch.logits[static_cast<std::size_t>(best.token)] = 0.0F;
    scratch.weights[static_cast<std::size_t>(best.token)] = 1.0F;
    Law law;
    law.logits = scratch.logits;
    law.weights = scratch.weights;
    law.greedy = true;
    law.best = best.token;
    if (kept.size() > 1) {
        law.second = kept[1].token;
        law.gap = double{best.logit} - double{kept[1].logit};
    }
    return law;
}

/// Peak of the raw logits. Throws Error (failed) when they are no logits.
float sensible_peak(std::span<const float> raw) {
    const rows::Peak peak = rows::peak(raw);
    if (!peak.sensible) {
        fail({.where = "make_law",
              .expected = "logits that are numbers",
              .came = "NaN or +infinity from the model",
              .advice = "check the model and the strength of its interventions"});
    }
    if (peak.value == kMasked) {
        fail({.where = "make_law",
              .expected = "at least one possible token",
              .came = "logits that are all −infinity",
              .advice = "check the model and the strength of its interventions"});
    }
    return peak.value;
}

/// The row after truncation and temperature; without either the raw row itself.
std::span<const float> temper(const Mechanism& mechanism, std::span<const float> raw, float peak,
                              LawScratch& scratch) {
    const float t = mechanism.temperature;
    if (!mechanism.truncates()) {
        if (t == 1.0F) {
            return raw;
        }
        scratch.logits.resize(raw.size());
        rows::divide(raw, t, scratch.logits);
        return scratch.logits;
    }
    truncate(mechanism, raw, peak, scratch);
    scratch.logits.assign(raw.size(), kMasked);
    for (const Candidate& c : scratch.kept) {
        scratch.logits[static_cast<std::size_t>(c.token)] = c.logit / t;
    }
    return scratch.logits;
}

/// The row with its biases; the raw row itself without any.
std::span<const float> biased(const Mechanism& mechanism, std::span<const float> raw,
                              LawScratch& scratch) {
    if (mechanism.biases.empty()) {
        return raw;
    }
    scratch.biased.assign(raw.begin(), raw.end());
    for (const TokenBias& bias : mechanism.biases) {
        scratch.biased.at(static_cast<std::size_t>(bias.token)) += bias.nats;
    }
    return scratch.biased;
}

}  // namespace

Law make_law(const Mechanism& mechanism, std::span<const float> raw_logits, LawScratch& scratch) {
    const auto logits = biased(mechanism, raw_logits, scratch);
    const float raw_peak = sensible_peak(logits);
    if (mechanism.greedy()) {
        return greedy_law(mechanism, logits, raw_peak, scratch);
    }
    Law law;
    law.logits = temper(mechanism, logits, raw_peak, scratch);
    law.peak = raw_peak / mechanism.temperature;
    if (!std::isfinite(law.peak)) {
        fail({.where = "make_law",
              .expected = "logits that stay finite when divided by the temperature",
              .came = "temperature " + std::to_string(mechanism.temperature),
              .advice = "use temperature 0 for the most probable token"});
    }
    scratch.weights.resize(logits.size());
    const double sum = rows::exponentials(law.logits, law.peak, scratch.weights);
    law.weights = scratch.weights;
    law.log_norm = double{law.peak} + std::log(sum);
    return law;
}

}  // namespace otherwise
