// needs: llama
#include "otherwise/fit/continuations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "otherwise/fit/fact_tokens.h"
#include "tests/support/models.h"
#include "tests/support/read_prompt.h"

namespace otherwise {
namespace {

std::string text_of(int words) {
    std::string text = "The list of";
    for (int i = 0; i < words; ++i) {
        text += i % 3 == 0 ? " cities" : " and more";
    }
    return text;
}

/// log p(token) after this prompt, read as a run reads it.
double log_probability(const std::shared_ptr<const Model>& model, const Tokens& prompt,
                       Token token) {
    Context context(model, {.stream_length = static_cast<int>(prompt.size()) + 1, .tiled = true});
    const auto head = static_cast<int>(prompt.size()) - 1;
    test::read_prompt(context, prompt, head >= kTileRows ? head : kTileRows - 1);
    const auto logits = context.logits(0);
    double sum = 0.0;
    for (const float value : logits) {
        sum += std::exp(static_cast<double>(value) - logits[static_cast<std::size_t>(token)]);
    }
    return -std::log(sum);
}

TEST(Continuations, HaveTheProbabilitiesOfARunAloneAndTogether) {
    const auto model = Model::load(test::derived_model("Q8_0"));
    std::vector<Continuation> queries;
    for (const int words : {3, 40, 60, 200, 90, 0}) {
        queries.push_back({.text = text_of(words), .target = " Paris"});
    }
    const auto together = log_probabilities(model, queries, {.threads = 2});
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const auto tokens = with_target(*model, queries[i].text, queries[i].target);
        ASSERT_EQ(tokens.target.size(), 1U);
        EXPECT_NEAR(together[i], log_probability(model, tokens.prompt, tokens.target[0]), 1e-9)
            << queries[i].text.size();
    }
}

}  // namespace
}  // namespace otherwise
