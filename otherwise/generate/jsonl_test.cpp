#include "otherwise/generate/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "otherwise/generate/strings.h"

namespace otherwise {
namespace {

using nlohmann::ordered_json;

constexpr Token kEnd = 0;

/// Token k writes the byte k; token 0 ends.
PairContext context() {
    return {.id = "s\"1",
            .world = "q2_k",
            .prompt = "The Louvre\n",
            .prompt_tokens = {},
            .text =
                [](std::span<const Token> tokens) {
                    std::string text;
                    for (const Token token : tokens) {
                        text += static_cast<char>(token);
                    }
                    return text;
                },
            .ends = [](Token token) { return token == kEnd; },
            .prompt_text = {}};
}

Pair pair_of(Tokens factual, Tokens counterfactual, int lcp) {
    const auto ended = [](const Tokens& tokens) {
        return !tokens.empty() && tokens.back() == kEnd;
    };
    Pair pair;
    pair.factual = std::make_shared<Written>(Written{factual, ended(factual)});
    pair.counterfactual = {counterfactual, ended(counterfactual)};
    pair.lcp = lcp;
    return pair;
}

std::vector<std::string> keys(const ordered_json& object) {
    std::vector<std::string> found;
    for (const auto& [key, value] : object.items()) {
        found.push_back(key);
    }
    return found;
}

TEST(ToJsonl, IsTheDocumentedLine) {
    Pair pair = pair_of({'a', 'b', kEnd}, {'a', 'c', 'd'}, 1);
    pair.sample = 2;
    pair.margin = 0.1;
    pair.divergence = divergence_of(pair, {.runner_up = 'b', .margin = 0.25});
    EXPECT_EQ(to_jsonl(pair, context()),
              R"({"string": "s\"1", "sample": 2, "world": "q2_k", "prompt": "The Louvre\n", )"
              R"("factual": {"text": "ab", "tokens": [97, 98, 0], "end": "eog"}, )"
              R"("counterfactual": {"text": "acd", "tokens": [97, 99, 100], "end": "limit"}, )"
              R"("lcp": 1, "margin": 0.1, "divergence": {"position": 1, "factual": 98, )"
              R"("counterfactual": 99, "runner_up": 98, "margin": 0.25}, "observed": false})");
}

TEST(ToJsonl, RarerKeysOnlyWhereTheyApply) {
    Pair pair = pair_of({'a'}, {'a'}, 1);
    const std::vector<std::string> usual = {"string",     "sample",         "world", "prompt",
                                            "factual",    "counterfactual", "lcp",   "margin",
                                            "divergence", "observed"};
    EXPECT_EQ(keys(ordered_json::parse(to_jsonl(pair, context()))), usual);

    pair.observed = pair.independent = true;
    pair.world_prompt = std::make_shared<Tokens>(Tokens{'p', 'q'});
    PairContext with = context();
    with.prompt_tokens = Tokens{1, 2};
    const auto line = ordered_json::parse(to_jsonl(pair, with));
    EXPECT_EQ(line["prompt_tokens"], (std::vector<int>{1, 2}));
    EXPECT_EQ(line["world_prompt"], "pq");
    EXPECT_EQ(line["independent"], true);
    EXPECT_EQ(line["observed"], true);
    with.prompt_text = [](std::span<const Token>) { return std::string("<s>pq"); };
    EXPECT_EQ(ordered_json::parse(to_jsonl(pair, with))["world_prompt"], "<s>pq");
}

TEST(ToJsonl, ADivergenceAtADoOrPastAnEndHasNulls) {
    Pair pair = pair_of({'a'}, {'a', 'b'}, 1);
    pair.divergence = divergence_of(pair, {});
    const auto at = ordered_json::parse(to_jsonl(pair, context()))["divergence"];
    EXPECT_EQ(at["position"], 1);
    EXPECT_TRUE(at["factual"].is_null());
    EXPECT_EQ(at["counterfactual"], 'b');
    EXPECT_TRUE(at["runner_up"].is_null());
    EXPECT_TRUE(at["margin"].is_null());
}

TEST(ToJsonl, InvalidBytesBecomeReplacementCharacters) {
    PairContext broken = context();
    broken.prompt = "caf\xE9";
    const auto line = ordered_json::parse(to_jsonl(pair_of({0xE9, 'x'}, {0xC3}, 0), broken));
    EXPECT_EQ(line["prompt"], "caf\uFFFD");
    EXPECT_EQ(line["factual"]["text"], "\uFFFDx");
    EXPECT_EQ(line["counterfactual"]["text"], "\uFFFD");
    EXPECT_EQ(line["counterfactual"]["tokens"], std::vector<int>{0xC3});
}

TEST(ToJsonl, MarginsReadBackTheSame) {
    Pair pair = pair_of({'a'}, {'b'}, 0);
    const auto margin = [&](double value) {
        pair.margin = value;
        return ordered_json::parse(to_jsonl(pair, context()))["margin"];
    };
    EXPECT_TRUE(margin(std::numeric_limits<double>::infinity()).is_null());
    EXPECT_TRUE(margin(std::nan("")).is_null());
    EXPECT_TRUE(margin(2.0).is_number_float());
    std::mt19937_64 engine(7);
    for (int i = 0; i < 2000; ++i) {
        const double value = std::abs(std::bit_cast<double>(engine()));
        if (std::isfinite(value)) {
            ASSERT_EQ(margin(value).get<double>(), value);
        }
    }
    const std::string saved = std::setlocale(LC_ALL, nullptr);
    std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is not installed nothing changes
    EXPECT_EQ(margin(0.5).get<double>(), 0.5);
    std::setlocale(LC_ALL, saved.c_str());
}

TEST(ToJsonl, IsValidInput) {
    std::string lines;
    PairContext now = context();
    const std::vector<ChatMessage> chat{{.role = "system", .content = "s \"q\""},
                                        {.role = "user", .content = "u"}};
    for (const char* world : {"one", "two"}) {
        now.world = world;
        now.id = "a";
        lines += to_jsonl(pair_of({'x', 'y', kEnd}, {'x'}, 1), now) + "\n";
        now.id = "b";
        now.prompt_tokens = Tokens{5, 6};
        lines += to_jsonl(pair_of({'x', 0xE9}, {}, 0), now) + "\n";
        now.prompt_tokens.reset();
        now.id = "c";
        now.messages = chat;
        lines += to_jsonl(pair_of({'x'}, {}, 0), now) + "\n";
        now.messages = {};
    }
    std::istringstream in(lines);
    const auto strings = read_strings(in, "run.jsonl", {.chat = true});
    ASSERT_EQ(strings.size(), 3U);
    EXPECT_EQ(strings[2].messages, chat);
    EXPECT_EQ(strings[2].prompt, std::nullopt);
    EXPECT_EQ(strings[2].tokens, Tokens{'x'});
    EXPECT_EQ(strings[0].id, "a");
    EXPECT_EQ(strings[0].prompt, "The Louvre\n");
    EXPECT_EQ(strings[0].tokens, (Tokens{'x', 'y', kEnd}));
    EXPECT_TRUE(strings[0].ended);
    EXPECT_EQ(strings[1].prompt_tokens, (Tokens{5, 6}));
    EXPECT_EQ(strings[1].tokens, (Tokens{'x', 0xE9}));
    EXPECT_FALSE(strings[1].ended);
}

}  // namespace
}  // namespace otherwise
