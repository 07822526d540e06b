// needs: llama
//
// Fitted files, applied by a world's hook to the default model, do to its states what their method
// says.
#include <gtest/gtest.h>

#include <Eigen/SVD>
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "otherwise/fit/methods/learn.h"
#include "otherwise/fit/states/gather.h"
#include "otherwise/fit/states/states.h"
#include "otherwise/fit/states/text_tokens.h"
#include "otherwise/world/opened.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

TextSet together(const std::vector<std::string>& files, int limit = 0) {
    TextSet all{.path = "together", .sha256 = std::string(64, '0'), .texts = {}};
    for (const auto& file : files) {
        const auto set = read_texts(std::string(OTHERWISE_SOURCE_DIR) + "/examples/" + file,
                                    {.limit = limit, .field = {}});
        all.texts.insert(all.texts.end(), set.texts.begin(), set.texts.end());
    }
    return all;
}

double relative(const Eigen::MatrixXd& is, const Eigen::MatrixXd& wanted) {
    return (is - wanted).norm() / wanted.norm();
}

class FittedMaps : public testing::Test {
protected:
    static constexpr int kLayer = 20;
    static constexpr const char* kNode = "l_out-20";

    [[nodiscard]] Fit fit(FitMethod method, const std::vector<TextSet>& sets,
                          double held_out) const {
        FitRequest request;
        request.method = method;
        request.layers.range = {kLayer, kLayer};
        request.pooling = Pooling::every;
        request.held_out = held_out;
        return {model_, sets, request, {.threads = 2}};
    }

    /// Mean and covariance of a set's states at the node, as a world computes them.
    [[nodiscard]] Moments moments(const TextSet& set,
                                  const std::vector<Intervention>& items) const {
        const auto plan = test::world_of(factual_, "w", items);
        ModelShelf shelf({});
        const auto world = open_world(plan, shelf, *shelf.get(factual_), {});
        std::vector<Tokens> texts = tokenize_texts(*model_, {}, set);
        Moments moments(model_->n_embd(), true);
        ReadStatesOptions options;
        options.nodes = {kNode};
        options.edits = world.prototype.sites;
        options.threads = 2;
        options.on_states = [&](const TextStates& states) {
            const auto width = static_cast<std::size_t>(states.width);
            moments.add(states.first == 0 ? states.values.subspan(width) : states.values);
        };
        EXPECT_TRUE(read_states(model_, texts, options));
        return moments;
    }

    test::TemporaryFolder folder_;
    WorldPlan factual_ = test::plan_of(test::derived_model("Q4_0"));
    std::shared_ptr<const Model> model_ = Model::load(factual_.model);
};

TEST_F(FittedMaps, MimicGivesStatesTheMeanAndCovarianceOfTheTarget) {
    const std::vector<TextSet> sets = {
        together({"biographies/women.txt", "sentiment/positive.txt"}),
        together({"biographies/men.txt", "sentiment/negative.txt"})};
    const auto path = (folder_ / "mimic.gguf").string();
    save_learned(fit(FitMethod::mimic, sets, 0.0).run({}).file, path);
    const auto target = moments(sets[0], {});
    const auto source = moments(sets[1], {});
    ASSERT_GE(std::min(target.n(), source.n()), 10L * model_->n_embd());  // the samples' own
    const auto mapped = moments(sets[1], {Affine{.path = path}});
    EXPECT_LT(relative(mapped.mean(), target.mean()), 1e-3);
    EXPECT_LT(relative(mapped.covariance(), target.covariance()), 1e-3);
    // The control: what is left alone, and what goes half of the way.
    EXPECT_GT(relative(source.mean(), target.mean()), 0.01);
    EXPECT_GT(relative(source.covariance(), target.covariance()), 0.01);
    const auto half = moments(sets[1], {Affine{.path = path, .scale = 0.5F}});
    EXPECT_GT(relative(half.covariance(), target.covariance()), 2e-3);
}

TEST_F(FittedMaps, LeaceLeavesNoDifferenceOfMeansAndErasesNothingTheSecondTime) {
    const std::vector<TextSet> sets = {together({"biographies/women.txt"}, 120),
                                       together({"biographies/men.txt"}, 120)};
    const auto path = (folder_ / "leace.gguf").string();
    save_learned(fit(FitMethod::leace, sets, 0.0).run({}).file, path);
    const std::array<Moments, 2> before = {moments(sets[0], {}), moments(sets[1], {})};
    const Affine erase{.path = path};
    const std::array<Moments, 2> once = {moments(sets[0], {erase}), moments(sets[1], {erase})};
    const auto twice = moments(sets[0], {erase, erase});
    const double apart = (before[0].mean() - before[1].mean()).norm();
    EXPECT_LT((once[0].mean() - once[1].mean()).norm(), 1e-3 * apart);
    EXPECT_LT((twice.mean() - once[0].mean()).norm(), 1e-3 * apart);
    EXPECT_LT(relative(twice.covariance(), once[0].covariance()), 1e-4);
    // Of rank one: across that direction the covariance stays.
    const Eigen::MatrixXd change = once[0].covariance() - before[0].covariance();
    const auto values = Eigen::JacobiSVD<Eigen::MatrixXd>(change).singularValues();
    EXPECT_GT(values(0), 0.0);
    EXPECT_LT(values(2), 1e-3 * values(0));  // u vᵀ + v uᵀ has two
}

}  // namespace
}  // namespace otherwise
