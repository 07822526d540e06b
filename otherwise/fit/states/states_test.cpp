// needs: llama
#include "otherwise/fit/states/states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <span>
#include <vector>

#include "otherwise/fit/states/text_calls.h"
#include "otherwise/model/context.h"
#include "otherwise/model/invariance.h"
#include "otherwise/model/model.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"
#include "tests/support/read_prompt.h"

namespace otherwise {
namespace {

using States = std::map<std::pair<std::size_t, std::size_t>, std::vector<float>>;

States read(const std::shared_ptr<const Model>& model, const std::vector<Tokens>& texts,
            std::vector<std::string> nodes, int threads = 2, int least_rows = kUsualLeastRows) {
    States states;
    ReadStatesOptions options;
    options.nodes = std::move(nodes);
    options.threads = threads;
    options.least_rows = least_rows;
    options.last_block = true;
    options.on_states = [&](const TextStates& rows) {
        auto& all = states[{rows.text, rows.node}];
        EXPECT_EQ(all.size(), static_cast<std::size_t>(rows.first * rows.width));
        all.insert(all.end(), rows.values.begin(), rows.values.end());
    };
    EXPECT_TRUE(read_states(model, texts, options));
    return states;
}

class StatesOfTexts : public testing::Test {
protected:
    static void SetUpTestSuite() { model_ = Model::load(test::derived_model("Q8_0")); }
    static void TearDownTestSuite() { model_.reset(); }

    static std::vector<Tokens> texts() {
        std::vector<Tokens> texts;
        for (int length :
             {5, 1, 70, 63, 2, 64, 33, 9, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 140, 65, 330, 131, 90}) {
            Tokens tokens;
            for (int i = 0; i < length; ++i) {
                tokens.push_back((length * 31 + i * 7919) % 40000 + 20);
            }
            texts.push_back(tokens);
        }
        return texts;
    }

    static inline std::shared_ptr<const Model> model_;
};

TEST_F(StatesOfTexts, AreAllThereAndTheSameAloneAndTogether) {
    const auto all = texts();
    const auto together = read(model_, all, {"l_out-3", "l_out-29", "kqv_out-29"});
    ASSERT_EQ(together.size(), all.size() * 3);
    for (std::size_t text : {0UL, 1UL, 2UL, 5UL, 18UL, 19UL, 20UL, 21UL}) {
        const auto alone = read(model_, {all[text]}, {"l_out-3", "l_out-29", "kqv_out-29"}, 1);
        for (std::size_t node = 0; node < 3; ++node) {
            const auto& states = together.at({text, node});
            EXPECT_EQ(states.size(), all[text].size() * static_cast<std::size_t>(model_->n_embd()));
            EXPECT_EQ(states, alone.at({0, node})) << "text " << text << " node " << node;
        }
    }
    EXPECT_NE(together.at({8, 0}), together.at({8, 1}));
}

std::vector<float> states_of_run(const std::shared_ptr<const Model>& model, const Tokens& tokens,
                                 int rows) {
    std::vector<float> states;
    ContextOptions options{.stream_length = static_cast<int>(tokens.size()) + 1, .tiled = true};
    options.sites.push_back({.node = "l_out-10", .edit = [&](const SiteRows& site) {
                                 states.insert(states.end(), site.values.begin(),
                                               site.values.end());
                             }});
    Context context(model, options);
    test::read_prompt(context, tokens, rows);
    states.resize(tokens.size() * static_cast<std::size_t>(model->n_embd()));
    return states;
}

TEST_F(StatesOfTexts, AreTheBitsOfARun) {
    const auto all = texts();
    const auto states = read(model_, all, {"l_out-10"});
    for (const auto& [text, rows] : {std::pair(5UL, 63), {19UL, 64}, {18UL, 139}, {20UL, 110}}) {
        EXPECT_EQ(states.at({text, 0}), states_of_run(model_, all[text], rows)) << "text " << text;
    }
}

TEST_F(StatesOfTexts, OfAPrefixAreThePrefixOfTheStates) {
    auto all = texts();
    auto longer = all[0];
    longer.push_back(77);
    const auto states = read(model_, {all[0], longer}, {"l_out-10"});
    auto shorter = states.at({1, 0});
    shorter.resize(states.at({0, 0}).size());
    EXPECT_EQ(shorter, states.at({0, 0}));
}

TEST_F(StatesOfTexts, AreTheSameUnderTheRemedyOfTheModel) {
    // Q4_K_M needs eight rows a call and plain weights on most processors.
    const auto [model, invariance] = load_invariant(test::derived_model("Q4_K_M"), {}, 2);
    ASSERT_TRUE(invariance.probe.invariant) << invariance.probe.shape;
    const int rows = invariance.remedy.least_rows;
    auto all = texts();
    all.resize(8);
    const auto together = read(model, all, {"l_out-10"}, 2, rows);
    std::size_t differing = 0;  // the control: without the remedy
    const auto plain = Model::load(test::derived_model("Q4_K_M"));
    const auto plain_together = read(plain, all, {"l_out-10"});
    for (std::size_t text : {0UL, 1UL, 2UL, 6UL}) {
        EXPECT_EQ(together.at({text, 0}),
                  read(model, {all[text]}, {"l_out-10"}, 1, rows).at({0, 0}))
            << "text " << text;
        const auto plain_alone = read(plain, {all[text]}, {"l_out-10"}, 1);
        differing += plain_together.at({text, 0}) != plain_alone.at({0, 0}) ? 1 : 0;
    }
    EXPECT_EQ(differing > 0, invariance.remedy != Remedy{});
}

TEST_F(StatesOfTexts, AreReadInCallsOfAtLeastTheirRows) {
    for (const int least : {2, 3, 8}) {
        std::vector<TextRows> rows;
        for (const int length : {1, 2, 5, 7, 64, 65, 70, 129, 200}) {
            rows.push_back({.tokens = length, .prompt = length});
        }
        for (std::size_t n = 1; n <= rows.size(); n += 4) {
            for (const auto& batch : text_calls(std::span(rows).first(n), *model_, least)) {
                for (const auto& group : batch.groups) {
                    for (const auto& piece : group.pieces) {
                        const auto streams =
                            static_cast<int>(group.texts.size()) + piece.companions;
                        EXPECT_GE(streams * piece.rows, least);
                        EXPECT_LE(streams * piece.rows, batch.shape.max_rows);
                        EXPECT_LE(streams, batch.shape.n_streams);
                    }
                }
                EXPECT_EQ(batch.shape.least_rows, least);
            }
        }
    }
}

TEST_F(StatesOfTexts, AreRefusedForNodesThatAreNotThere) {
    EXPECT_ERROR(read(model_, {{5, 6, 7}}, {"l_out-99"}), "l_out-99");
}

TEST_F(StatesOfTexts, StopWhenCancelled) {
    ReadStatesOptions options;
    options.nodes = {"l_out-1"};
    options.on_states = [](const TextStates&) { FAIL() << "no state was wanted"; };
    options.cancelled = [] { return true; };
    EXPECT_FALSE(read_states(model_, texts(), options));
}

}  // namespace
}  // namespace otherwise
