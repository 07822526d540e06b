// needs: llama
#include "otherwise/generate/kept_contexts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otherwise/base/file_stamp.h"
#include "otherwise/model/kept_prefixes.h"
#include "tests/support/session_scene.h"

namespace otherwise {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 30U;

/// A scene whose sessions keep their contexts.
struct Keeping {
    explicit Keeping(std::size_t most = kPlenty, std::size_t idle = 8)
        : scene("tiny.write_vector('vector.gguf')"),
          values(std::make_shared<KeptValues>(most)),
          contexts(std::make_shared<KeptContexts>(values, idle)) {
        scene.options.contexts = contexts;
    }

    WorldPlan steered(float scale) {
        return scene.world("sad", {Steer{.path = scene.files.path("vector.gguf"), .scale = scale}});
    }
    /// The evaluators of a session that is gone, the factual one first.
    std::vector<const Evaluator*> used(const std::vector<WorldPlan>& worlds) {
        auto session = scene.open(worlds);
        const Scene all = session.scene();
        std::vector<const Evaluator*> used{all.factual.evaluator};
        for (const auto& world : all.worlds) {
            used.push_back(world.evaluator);
        }
        return used;
    }

    test::SessionScene scene;
    std::shared_ptr<KeptValues> values;
    std::shared_ptr<KeptContexts> contexts;
};

/// Tokens that a session's worlds write.
std::vector<Tokens> written(Session& session) {
    std::vector<Tokens> all;
    (void)session.run({.on_pair = [&](const Pair& pair) {
        all.push_back(pair.factual->tokens);
        all.push_back(pair.counterfactual.tokens);
    }});
    return all;
}

TEST(KeptContexts, TheNextSessionOfTheNetworkTakesThemOver) {
    Keeping keeping;
    const auto first = keeping.used({keeping.steered(1)});
    EXPECT_NE(first[0], first[1]);
    EXPECT_EQ(keeping.used({keeping.steered(1)}), first);
    const auto other = keeping.used({keeping.steered(2)});
    EXPECT_EQ(other[0], first[0]);
    EXPECT_NE(other[1], first[1]) << "another strength is another network";
    keeping.scene.options.max_rows = 70;  // another shape
    EXPECT_NE(keeping.used({keeping.steered(1)})[0], first[0]);
    EXPECT_LE(keeping.values->bytes(), kPlenty);
}

TEST(KeptContexts, WhatIsInUseIsNotTakenTwice) {
    Keeping keeping;
    auto one = keeping.scene.open({keeping.steered(1)});
    auto two = keeping.scene.open({keeping.steered(1)});
    EXPECT_NE(one.scene().factual.evaluator, two.scene().factual.evaluator);
    EXPECT_EQ(written(one), written(two));
    one.release_contexts();
    auto three = keeping.scene.open({keeping.steered(1)});
    EXPECT_EQ(written(three), written(two));
}

TEST(KeptContexts, StringsAreThoseOfASessionThatKeepsNothing) {
    Keeping keeping;
    const auto text = [](const std::string& prompt) {
        return std::vector{test::SessionScene::prompt("x", prompt)};
    };
    for (const char* prompt : {"the house of the king", "the house of the queen", "the house"}) {
        keeping.scene.strings = text(prompt);
        auto session = keeping.scene.open({keeping.steered(1)});
        const auto kept = written(session);
        keeping.scene.options.contexts = nullptr;
        auto plain = keeping.scene.open({keeping.steered(1)});
        EXPECT_EQ(kept, written(plain)) << prompt;
        keeping.scene.options.contexts = keeping.contexts;
    }
    EXPECT_GT(keeping.contexts->spared(), 0);
}

TEST(KeptContexts, HaveRowsForAllTheirStreams) {  // else llama.cpp aborts
    Keeping keeping;
    keeping.scene.strings.clear();
    for (int i = 0; i < 40; ++i) {
        keeping.scene.strings.push_back(test::SessionScene::prompt(std::to_string(i), "the house"));
    }
    keeping.scene.options.max_rows = 8;
    auto session = keeping.scene.open({keeping.steered(1)});
    EXPECT_EQ(written(session).size(), 80U);
    EXPECT_NE(session.context_for(keeping.steered(2), 40), nullptr);
}

TEST(KeptContexts, TheMemoryAndTheirNumberAreBounded) {
    Keeping few(kPlenty, 2);
    for (int i = 1; i < 6; ++i) {
        (void)few.used({few.steered(static_cast<float>(i))});
    }
    EXPECT_LE(few.values->size(), 4U) << "two that were idle, and those in use last";
    Keeping small(1000);
    EXPECT_EQ(small.used({small.steered(1)}).size(), 2U) << "made, and not kept";
    EXPECT_EQ(small.values->size(), 0U);
}

TEST(KeptContexts, TheKeyOfANetworkHasItsFilesAsTheyAre) {
    Keeping keeping;
    const auto file = keeping.scene.files.path("vector.gguf");
    const auto key = network_key(keeping.steered(1));
    EXPECT_THAT(key, testing::HasSubstr(file_stamp(file)));
    EXPECT_NE(network_key(keeping.steered(2)), key);
    EXPECT_NE(network_key(keeping.scene.factual), key);
    EXPECT_EQ(network_key(keeping.scene.world("hot", {SetTemperature{.value = 2}})),
              network_key(keeping.scene.factual));
    EXPECT_NE(network_key(keeping.scene.world("q", {CacheKeys{.type = "q8_0"}})),
              network_key(keeping.scene.factual));
}

}  // namespace
}  // namespace otherwise
