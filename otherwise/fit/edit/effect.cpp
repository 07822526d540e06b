#include "otherwise/fit/edit/effect.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <span>

#include "otherwise/base/parallel.h"
#include "otherwise/fit/edit/continuations.h"
#include "otherwise/fit/edit/facts.h"
#include "otherwise/fit/edit/knowledge_edit.h"
#include "otherwise/fit/edit/low_rank.h"
#include "otherwise/fit/states/sampling.h"
#include "otherwise/fit/tail/row_sums.h"
#include "otherwise/model/context.h"

namespace otherwise {
namespace {

constexpr int kTexts = 16;                       // of as many starts, a multiple of the streams
constexpr int kTextTokens = 16;                  // short: keys are most alike at the start of texts
constexpr int kStreams = 4;                      // logits of all rows are held twice
constexpr std::uint64_t kTextSeed = 0x65666665;  // apart from the covariance's and the prefixes'

ContextOptions options_of(const CheckOptions& check, bool edited) {
    ContextOptions options{.n_streams = kStreams,
                           .stream_length = kTextTokens,
                           .max_rows = kStreams * kTextTokens,
                           .threads = check.threads,
                           .loras = {},
                           .sites = {},
                           .least_rows = check.least_rows};
    if (edited) {
        options.loras = check.loras;
        options.sites = check.edits;
    }
    return options;
}

Call call_of(std::span<const Tokens> texts) {
    Call call{.n_streams = static_cast<int>(texts.size()), .n_rows = kTextTokens};
    for (const auto& text : texts) {
        call.tokens.insert(call.tokens.end(), text.begin(), text.end());
    }
    call.positions.assign(texts.size(), 0);
    call.wanted.assign(call.tokens.size(), 1);
    call.written.assign(call.tokens.size(), 0);
    return call;
}

double divergence_of(std::span<const float> before, std::span<const float> after) {
    const double total = log_sum(before);
    const double kl = divergence([&](std::size_t v) { return before[v] - total; }, after);
    return kl < 0.0 ? 0.0 : kl;  // NaN stays
}

std::string number(double value) {
    constexpr std::size_t kDigits = 32;
    std::string text(kDigits, '\0');
    const int n = std::snprintf(text.data(), text.size(), value < 100.0 ? "%.3f" : "%.0f", value);
    text.resize(static_cast<std::size_t>(n));
    return text;
}

double least_of(const FactEffect& fact, const EffectLimits& limits) {
    return std::max(limits.least, limits.share * fact.sought);
}

/// The facts whose new answers are too unlikely.
std::vector<const FactEffect*> missing_facts(const EditEffect& effect, const EffectLimits& limits) {
    std::vector<const FactEffect*> missing;
    for (const auto& fact : effect.facts) {
        if (fact.reached() < least_of(fact, limits)) {
            missing.push_back(&fact);
        }
    }
    return missing;
}

/// Of one fact its numbers, of several also which they are.
std::string miss_of(const EditEffect& effect, const EffectLimits& limits,
                    const std::vector<const FactEffect*>& missing) {
    constexpr std::size_t kNamed = 5;
    const FactEffect& worst = **std::ranges::min_element(missing, {}, &FactEffect::reached);
    const std::string sought = worst.sought < limits.least
                                   ? "its search already had only " + number(worst.sought)
                                   : "its search had " + number(worst.sought);
    std::string text = "expected an edit that makes " +
                       std::string(effect.facts.size() == 1 ? "the" : "each") +
                       " new answer at least " + number(least_of(worst, limits)) + " likely (" +
                       sought + "), got " + number(worst.reached());
    if (effect.facts.size() > 1) {
        text += " for fact '" + worst.id + "', and " + std::to_string(missing.size()) + " of " +
                std::to_string(effect.facts.size()) + " facts below what they need (";
        for (std::size_t i = 0; i < std::min(kNamed, missing.size()); ++i) {
            text += (i == 0 ? "" : ", ") + missing[i]->id;
        }
        text += missing.size() > kNamed ? ", …)" : ")";
    }
    return text;
}

}  // namespace

double change_norm(const LowRankEdit& edit) {
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto matrix = [&](const std::vector<float>& values) {
        return Eigen::Map<const Rows>(values.data(), edit.rank,
                                      static_cast<Eigen::Index>(values.size()) / edit.rank)
            .cast<double>();
    };
    const Eigen::MatrixXd read = matrix(edit.read);
    const Eigen::MatrixXd write = matrix(edit.write);
    // |Wᵀ R|² = tr(R Rᵀ W Wᵀ)
    const Eigen::MatrixXd reads = read * read.transpose();
    const Eigen::MatrixXd writes = write * write.transpose();
    return std::sqrt(std::max(0.0, reads.cwiseProduct(writes).sum()));
}

std::optional<double> effect_on_texts(const std::shared_ptr<const Model>& model, std::uint64_t seed,
                                      const CheckOptions& check) {
    const auto stopped = [&] { return check.cancelled && check.cancelled(); };
    const auto texts = sample_texts(model, {.texts = kTexts,
                                            .length = kTextTokens,
                                            .seed = seed + kTextSeed,
                                            .threads = check.threads,
                                            .least_rows = check.least_rows,
                                            .cancelled = check.cancelled});
    if (stopped()) {
        return std::nullopt;
    }
    Context before(model, options_of(check, false));
    Context after(model, options_of(check, true));
    double sum = 0.0;
    for (std::size_t first = 0; first < kTexts; first += kStreams) {
        if (stopped()) {
            return std::nullopt;
        }
        const auto call = call_of(std::span(texts).subspan(first, kStreams));
        for (auto* context : {&before, &after}) {
            for (int s = 0; s < kStreams; ++s) {
                context->trim(s, 0);
            }
            context->decode(call);
        }
        std::vector<double> rows(call.tokens.size());
        parallel_for(static_cast<int>(rows.size()), check.threads, [&](int row) {
            rows[static_cast<std::size_t>(row)] =
                divergence_of(before.logits(row), after.logits(row));
        });
        sum = std::accumulate(rows.begin(), rows.end(), sum);
        if (check.on_progress) {
            check.on_progress(static_cast<long>(first) + kStreams, kTexts);
        }
    }
    return sum / (kTexts * kTextTokens);
}

std::optional<EditEffect> edit_effect(const EditScene& scene, const std::vector<Fact>& facts,
                                      const KnowledgeEdit& edit, std::uint64_t seed,
                                      const CheckOptions& check) {
    EditEffect effect;
    for (const auto& layer : edit.layers) {
        const auto values = Weights::values(scene.weights->get(down_name(layer.layer) + ".weight"));
        const double squares =
            std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
        effect.norms.push_back(
            {.layer = layer.layer, .change = change_norm(layer), .weight = std::sqrt(squares)});
    }
    std::vector<Continuation> queries;
    for (const auto& fact : facts) {
        queries.push_back({.text = fact.text(), .target = fact.target_new});
        for (const auto& prefix : edit.prefixes) {
            queries.push_back({.text = prefix + fact.text(), .target = fact.target_new});
        }
    }
    const auto logs = log_probabilities(scene.model, queries, check);
    if (logs.empty()) {
        return std::nullopt;
    }
    const std::size_t n = 1 + edit.prefixes.size();
    for (std::size_t i = 0; i < facts.size(); ++i) {
        FactEffect fact{.id = facts[i].id,
                        .sought = edit.facts[i].parts.probability,
                        .bare = std::exp(logs[i * n])};
        for (std::size_t j = 0; j < n; ++j) {
            fact.all += std::exp(logs[i * n + j]) / static_cast<double>(n);
        }
        effect.facts.push_back(fact);
    }
    const auto kl = effect_on_texts(scene.model, seed, check);
    effect.kl = kl.value_or(0.0);
    return kl ? std::optional(effect) : std::nullopt;
}

std::vector<std::string> edit_misses(const EditEffect& effect, const EffectLimits& limits) {
    std::vector<std::string> misses;
    const auto missing = missing_facts(effect, limits);
    if (static_cast<double>(missing.size()) >
        limits.few * static_cast<double>(effect.facts.size())) {
        misses.push_back(miss_of(effect, limits, missing));
    }
    if (!(effect.kl <= limits.kl)) {
        misses.push_back("expected an edit that moves the law on unrelated texts by at most " +
                         number(limits.kl) + " nats a token, got " + number(effect.kl));
    }
    return misses;
}

std::size_t effect_bytes(const Model& model) {
    return 2 * context_bytes(model, options_of({}, false)) + sampling_bytes(model, kTextTokens);
}

}  // namespace otherwise
