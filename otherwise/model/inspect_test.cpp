// needs: llama
#include "otherwise/model/inspect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "otherwise/base/hash.h"
#include "otherwise/model/model.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

TEST(Inspect, FindsEverySiteInEveryLayer) {
    const auto model = Model::load(test::default_model());
    const auto sites = find_sites(*model);
    std::vector<std::string> nodes;
    std::vector<int> layers(30);
    std::iota(layers.begin(), layers.end(), 0);
    for (const auto& site : sites) {
        nodes.push_back(site.node);
        EXPECT_EQ(site.layers, layers) << site.node;
        EXPECT_EQ(site.width, 576) << site.node;
    }
    EXPECT_EQ(nodes, (std::vector<std::string>{"attn_norm", "kqv_out", "attn_out", "ffn_norm",
                                               "ffn_out", "l_out"}));
}

TEST(Inspect, GathersTheFacts) {
    const auto model = Model::load(test::default_model());
    const Inspection facts = inspect(*model);
    EXPECT_EQ(facts.quantization, "Q4_1");
    EXPECT_EQ(facts.hash, model->hash());
    ASSERT_TRUE(facts.chat);
    EXPECT_EQ(facts.chat->hash, sha256_text(*facts.chat_template));
    EXPECT_TRUE(facts.chat->abilities.system && !facts.chat->abilities.tools);
    EXPECT_FALSE(facts.chat->reads_clock || facts.chat->takes_date);
    EXPECT_THAT(facts.chat->question, testing::HasSubstr("user\nHello<|im_end|>"));
    EXPECT_EQ(facts.chat->turn_end, facts.eos);
    EXPECT_TRUE(std::find(facts.ends.begin(), facts.ends.end(), facts.eos) != facts.ends.end());
    EXPECT_GT(facts.tensor_types.at("q4_1"), 100);
    int tokens = 0;
    for (const auto& [kind, count] : facts.token_kinds) {
        tokens += count;
    }
    EXPECT_EQ(tokens, facts.n_vocab);
}

TEST(Inspect, NeedsWeights) {
    const auto light = Model::load(test::default_model(), {.vocabulary_only = true});
    EXPECT_ERROR(find_sites(*light), "only a vocabulary");
}

TEST(DescribeFile, KnowsAModel) {
    const FileDescription model = describe_file(test::default_model());
    EXPECT_EQ(model.kind, FileKind::model);
    EXPECT_EQ(model.architecture, "llama");
    EXPECT_FALSE(model.metadata.empty());
}

}  // namespace
}  // namespace otherwise
