// needs: llama
#include "otherwise/fit/states/site.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

class FitSites : public testing::Test {
protected:
    test::TinyFiles files_{"tiny.write_model('a.gguf')"};
    std::shared_ptr<const Model> model_ = Model::load(files_.path("a.gguf"));
};

TEST_F(FitSites, AreNodesOfTheLayersInRange) {
    const auto residual = find_fit_site(*model_, "residual", {});
    EXPECT_EQ(residual.node, "l_out");
    EXPECT_EQ(residual.layers, (std::vector{0, 1}));
    EXPECT_EQ(residual.width, 64);
    EXPECT_EQ(find_fit_site(*model_, "mlp", {.first = 1}).layers, std::vector{1});
    EXPECT_EQ(find_fit_site(*model_, "attention-norm", {.last = 0}).layers, std::vector{0});
    const auto heads = find_fit_site(*model_, "heads", {.first = 0, .last = 1});
    EXPECT_EQ(heads.node, "kqv_out");
    EXPECT_EQ(heads.width, 64);
}

TEST_F(FitSites, AreRefusedWhereTheyAreNot) {
    EXPECT_ERROR(find_fit_site(*model_, "stream", {}),
                 "a site that architecture llama has (residual, mlp, ");
    EXPECT_ERROR(find_fit_site(*model_, "residual", {.first = 2}), "layers within 0-1");
    EXPECT_ERROR(find_fit_site(*model_, "residual", {.first = 0, .last = 2}), "layers=0-2");
    EXPECT_ERROR(find_fit_site(*model_, "residual", {.first = 1, .last = 0}), "with A at most B");
}

TEST(SiteNames, HaveANode) {
    for (const auto& name : site_names()) {
        EXPECT_FALSE(node_of_site(name).empty()) << name;
    }
    EXPECT_EQ(node_of_site("mlp-norm"), "ffn_norm");
    EXPECT_EQ(node_of_site("stream"), "");
}

}  // namespace
}  // namespace otherwise
