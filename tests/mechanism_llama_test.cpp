// needs: llama
//
// The mechanism against llama.cpp's own samplers: top-k, top-p, min-p, temperature in a chain.
//
// Rule: probabilities agree to 1e-6 and the kept sets are equal, but for tokens at a border of
// top-p. llama.cpp adds float weights up one by one, for the total over the N tokens that top-k
// left and again for the sum before a token, the (n + 1)th in descending order, so its share is off
// by up to (n + N) · 2^-24. A token kept by one side only is excused if and only if top-p is on and
// the exact share before it is within that and 1e-6 of p, for one of the orders that tokens of
// equal logits may have; such cases are counted, compared no further, and must be rare.
#include <gtest/gtest.h>
#include <llama.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "otherwise/mechanism/mechanism.h"
#include "otherwise/model/context.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

struct FreeSampler {
    void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};

/// Probabilities by llama.cpp's chain. `reversed` puts temperature first, as a control.
std::vector<double> by_llama(const Mechanism& m, const std::vector<float>& logits, bool reversed) {
    const std::unique_ptr<llama_sampler, FreeSampler> chain(
        llama_sampler_chain_init(llama_sampler_chain_default_params()));
    if (reversed) {
        llama_sampler_chain_add(chain.get(), llama_sampler_init_temp(m.temperature));
    }
    llama_sampler_chain_add(chain.get(), llama_sampler_init_top_k(m.top_k));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_top_p(m.top_p, 1));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_min_p(m.min_p, 1));
    if (!reversed) {
        llama_sampler_chain_add(chain.get(), llama_sampler_init_temp(m.temperature));
    }
    std::vector<llama_token_data> data;
    for (std::size_t k = 0; k < logits.size(); ++k) {
        data.push_back({static_cast<llama_token>(k), logits[k], 0.0F});
    }
    llama_token_data_array kept{data.data(), data.size(), -1, false};
    llama_sampler_apply(chain.get(), &kept);
    double top = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < kept.size; ++i) {
        top = std::max(top, double{kept.data[i].logit});
    }
    double total = 0.0;
    std::vector<double> p(logits.size(), 0.0);
    for (std::size_t i = 0; i < kept.size; ++i) {
        const double weight = std::exp(double{kept.data[i].logit} - top);
        p[static_cast<std::size_t>(kept.data[i].id)] = weight;
        total += weight;
    }
    for (double& x : p) {
        x /= total;
    }
    return p;
}

/// Is a token kept by one side only excused by the rule above?
bool at_top_p_border(const Mechanism& m, const std::vector<float>& logits, std::size_t token) {
    if (m.top_p >= 1.0F) {
        return false;
    }
    std::vector<float> sorted = logits;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    if (m.top_k > 0) {
        sorted.resize(std::min(sorted.size(), static_cast<std::size_t>(m.top_k)));
    }
    double total = 0.0;
    double before = 0.0;
    double tied = 0.0;
    std::size_t n = 0;
    for (const float logit : sorted) {
        const double weight = std::exp(double{logit} - double{sorted.front()});
        total += weight;
        before += logit > logits[token] ? weight : 0.0;
        n += logit > logits[token] ? 1 : 0;
        tied += logit == logits[token] ? weight : 0.0;
    }
    tied -= std::exp(double{logits[token]} - double{sorted.front()});  // the token itself
    const double slack = static_cast<double>(n + sorted.size()) * 0x1p-24 + 1e-6;
    const double p = double{m.top_p};
    return before / total - slack <= p && p <= (before + std::max(0.0, tied)) / total + slack;
}

enum class Agreement { same, border, different };

Agreement compare(const Mechanism& m, const std::vector<float>& logits, bool reversed,
                  LawScratch& scratch) {
    const Law law = make_law(m, logits, scratch);
    const std::vector<double> theirs = by_llama(m, logits, reversed);
    bool border = false;
    for (std::size_t k = 0; k < logits.size(); ++k) {
        const bool kept =
            law.log_prob(static_cast<Token>(k)) > -std::numeric_limits<double>::infinity();
        if (kept != (theirs[k] > 0.0)) {
            if (!at_top_p_border(m, logits, k)) {
                return Agreement::different;
            }
            border = true;
        }
    }
    if (border) {
        return Agreement::border;
    }
    for (std::size_t k = 0; k < logits.size(); ++k) {
        if (std::abs(std::exp(law.log_prob(static_cast<Token>(k))) - theirs[k]) > 1e-6) {
            return Agreement::different;
        }
    }
    return Agreement::same;
}

/// Without ties: normal logits, or a decay like a language model's over shuffled tokens.
std::vector<float> some_logits(std::size_t n, std::mt19937_64& random) {
    std::vector<float> logits(n);
    std::normal_distribution<double> noise(0.0, 1.0);
    const double deviation = std::array{0.5, 2.0, 4.0}[random() % 3];
    const double steepness = std::array{0.0, 1.2, 2.5}[random() % 3];
    for (std::size_t k = 0; k < n; ++k) {
        logits[k] = static_cast<float>(15.0 + deviation * noise(random) -
                                       steepness * std::log1p(static_cast<double>(k)));
    }
    std::shuffle(logits.begin(), logits.end(), random);
    std::vector<float> sorted = logits;
    std::sort(sorted.begin(), sorted.end());
    for (float& logit : logits) {  // push ties apart
        while (std::upper_bound(sorted.begin(), sorted.end(), logit) -
                   std::lower_bound(sorted.begin(), sorted.end(), logit) >
               1) {
            sorted.erase(std::lower_bound(sorted.begin(), sorted.end(), logit));
            logit = std::nextafter(logit, 100.0F);
            sorted.insert(std::upper_bound(sorted.begin(), sorted.end(), logit), logit);
        }
    }
    return logits;
}

Mechanism some_mechanism(std::mt19937_64& random) {
    return {.temperature = std::array{1.0F, 1.0F, 0.7F, 1.6F, 0.0F}[random() % 5],
            .top_k = std::array{0, 0, 1, 40, 400}[random() % 5],
            .top_p = std::array{1.0F, 0.95F, 0.5F, 0.1F, 0.99F}[random() % 5],
            .min_p = std::array{0.0F, 0.0F, 0.05F, 0.3F}[random() % 4]};
}

TEST(MechanismLlama, AgreesWithLlamasSamplers) {
    std::mt19937_64 random(1);
    LawScratch scratch;
    int same = 0;
    int border = 0;
    for (std::size_t i = 0; i < 400; ++i) {
        const std::size_t n = std::array{5U, 300U, 5000U, 49152U}[i % 4];
        const auto logits = some_logits(n, random);
        const Mechanism m = some_mechanism(random);
        SCOPED_TRACE(testing::Message()
                     << "case " << i << ": n " << n << " t " << m.temperature << " k " << m.top_k
                     << " p " << m.top_p << " min " << m.min_p);
        const Agreement agreement = compare(m, logits, false, scratch);
        EXPECT_NE(agreement, Agreement::different);
        same += agreement == Agreement::same ? 1 : 0;
        border += agreement == Agreement::border ? 1 : 0;
    }
    RecordProperty("same", same);
    RecordProperty("border", border);
    EXPECT_LE(border, 12) << "sums that differ by float rounding only should be rare";
}

/// The default model's logits after each token of a paragraph.
std::vector<std::vector<float>> real_logits() {
    const auto model = Model::load(test::derived_model("Q4_0"));
    Context context(model, {.threads = 2});
    const auto tokens = model->tokenize(
        "The lighthouse keeper wrote 3 letters a day, in French and in Greek: \"Dear sister, the "
        "sea "
        "is calm.\" def main(argc): return 0 # and so on, until the winter of 1911 came.",
        true, false);
    Call call{.n_streams = 1, .n_rows = static_cast<int>(tokens.size())};
    call.tokens = tokens;
    call.positions = {0};
    call.wanted.assign(tokens.size(), 1);
    call.written.assign(tokens.size(), 1);
    context.decode(call);
    std::vector<std::vector<float>> rows;
    for (int row = 0; row < call.size(); ++row) {
        const auto logits = context.logits(row);
        rows.emplace_back(logits.begin(), logits.end());
    }
    return rows;
}

TEST(MechanismLlama, AgreesOnRealLogits) {
    std::mt19937_64 random(3);
    LawScratch scratch;
    int border = 0;
    int cases = 0;
    for (const auto& logits : real_logits()) {
        for (int i = 0; i < 6; ++i) {
            const Mechanism m = some_mechanism(random);
            SCOPED_TRACE(testing::Message() << "case " << cases << ": t " << m.temperature << " k "
                                            << m.top_k << " p " << m.top_p << " min " << m.min_p);
            const Agreement agreement = compare(m, logits, false, scratch);
            EXPECT_NE(agreement, Agreement::different);
            border += agreement == Agreement::border ? 1 : 0;
            ++cases;
        }
    }
    EXPECT_GT(cases, 200);
    EXPECT_LE(border, cases / 20);
}

TEST(MechanismLlama, ComparisonSeesAnotherOrder) {  // control: llama.cpp with temperature first
    std::mt19937_64 random(2);
    LawScratch scratch;
    int different = 0;
    for (int i = 0; i < 30; ++i) {
        const auto logits = some_logits(300, random);
        const Mechanism m{.temperature = 1.6F, .top_p = 0.8F};
        different += compare(m, logits, true, scratch) == Agreement::different ? 1 : 0;
    }
    EXPECT_GT(different, 25);
}

}  // namespace
}  // namespace otherwise
