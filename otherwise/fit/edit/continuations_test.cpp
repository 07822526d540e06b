// needs: llama
#include "otherwise/fit/edit/continuations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "otherwise/fit/edit/fact_tokens.h"
#include "otherwise/model/invariance.h"
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

double log_probability(std::span<const float> logits, Token token) {
    double sum = 0.0;
    for (const float value : logits) {
        sum += std::exp(static_cast<double>(value) - logits[static_cast<std::size_t>(token)]);
    }
    return -std::log(sum);
}

/// log P(target | prompt), the prompt read and the target written as a run does.
double log_probability(const std::shared_ptr<const Model>& model, const PromptTokens& tokens) {
    const auto length = static_cast<int>(tokens.prompt.size());
    const auto end = length + static_cast<int>(tokens.target.size());
    Context context(model, {.stream_length = end + 1, .tiled = true});
    test::read_prompt(context, tokens.prompt, length > kTileRows ? length - 1 : kTileRows - 1);
    double sum = log_probability(context.logits(0), tokens.target.front());
    for (int at = length; at < end - 1; ++at) {
        const Token token = tokens.target[static_cast<std::size_t>(at - length)];
        context.trim(0, at);
        context.decode({.n_streams = 1,
                        .n_rows = 2,
                        .tokens = {token, token},
                        .positions = {at},
                        .wanted = {1, 1},
                        .written = {0, 0}});
        sum += log_probability(context.logits(0),
                               tokens.target[static_cast<std::size_t>(at - length) + 1]);
    }
    return sum;
}

TEST(Continuations, HaveTheProbabilitiesOfARunAloneAndTogether) {
    const auto model = Model::load(test::derived_model("Q8_0"));
    std::vector<Continuation> queries;
    for (const int words : {3, 40, 50, 60, 200, 90, 0, 61}) {
        for (const char* target : {" Paris", " Paris and all the cities of the north"}) {
            queries.push_back({.text = text_of(words), .target = target});
        }
    }
    const auto together = log_probabilities(model, queries, {.threads = 2});
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const auto tokens = with_target(*model, queries[i].text, queries[i].target);
        EXPECT_NEAR(together[i], log_probability(model, tokens), 1e-9) << tokens.prompt.size();
    }
}

TEST(Continuations, AreTheSameUnderTheRemedyOfTheModel) {
    // Q4_K_M needs eight rows a call, and weights that are not repacked, on most processors.
    const auto [model, invariance] = load_invariant(test::derived_model("Q4_K_M"), {}, 2);
    ASSERT_TRUE(invariance.probe.invariant) << invariance.probe.shape;
    const auto plain = Model::load(test::derived_model("Q4_K_M"));  // the control
    std::vector<Continuation> queries;
    for (const int words : {0, 3, 5, 9, 12}) {
        queries.push_back({.text = text_of(words), .target = " Paris"});
    }
    const CheckOptions remedy{.threads = 2, .least_rows = invariance.remedy.least_rows};
    const auto together = log_probabilities(model, queries, remedy);
    const auto plain_together = log_probabilities(plain, queries, {.threads = 2});
    std::size_t differing = 0;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        EXPECT_EQ(together[i], log_probabilities(model, {queries[i]}, remedy).front());
        differing +=
            plain_together[i] != log_probabilities(plain, {queries[i]}, {}).front() ? 1 : 0;
    }
    EXPECT_EQ(differing > 0, invariance.remedy != Remedy{});
}

}  // namespace
}  // namespace otherwise
