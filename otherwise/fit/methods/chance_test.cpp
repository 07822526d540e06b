// needs: llama
// Fits of states that are no different, in sets of any proportion, say that they found nothing; of
// states that are different they do not.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "otherwise/fit/methods/fit_notes.h"
#include "otherwise/fit/methods/learned.h"
#include "otherwise/fit/states/gather.h"

namespace otherwise {
namespace {

struct Sizes {
    int first;
    int second;
};

constexpr int kWidth = 48;
constexpr int kHeads = 4;

/// States of `layers` layers; the second set's lie apart by `shift` deviations at the last one.
std::vector<NodeStates> states_of(std::mt19937_64& engine, const Sizes& sizes, int layers,
                                  float shift, bool covariance) {
    std::normal_distribution<float> normal;
    std::vector<NodeStates> nodes;
    for (int layer = 0; layer < layers; ++layer) {
        NodeStates node;
        for (const int n : {sizes.first, sizes.second}) {
            Eigen::MatrixXf all =
                Eigen::MatrixXf::NullaryExpr(kWidth, n, [&] { return normal(engine); });
            if (layer == layers - 1 && !node.fitted.empty()) {
                all.topRows(kWidth / kHeads).array() +=
                    shift / std::sqrt(static_cast<float>(kWidth / kHeads));
            }
            std::vector<Eigen::Index> kept;
            std::vector<Eigen::Index> held;
            for (int i = 0; i < n; ++i) {
                (is_held_out(static_cast<std::size_t>(i), 0.3) ? held : kept).push_back(i);
            }
            node.fitted.emplace_back(all(Eigen::all, kept));
            node.held_out.emplace_back(all(Eigen::all, held));
            node.moments.emplace_back(kWidth, covariance);
            node.moments.back().set_shift(Eigen::VectorXd::Zero(kWidth));
            node.moments.back().add(
                {node.fitted.back().data(), static_cast<std::size_t>(node.fitted.back().size())});
        }
        nodes.push_back(std::move(node));
    }
    return nodes;
}

struct Way {
    const char* name;
    FitMethod method;
    bool best_layer;
    int layers;
};

constexpr Way kWays[] = {{"direction, all layers", FitMethod::direction, false, 12},
                         {"direction, auto", FitMethod::direction, true, 12},
                         {"mimic", FitMethod::mimic, true, 4},
                         {"leace", FitMethod::leace, true, 4},
                         {"leace, all layers", FitMethod::leace, false, 3},
                         {"iti", FitMethod::iti, false, 4}};

/// Whether the fit finds a difference.
bool finds(std::mt19937_64& engine, const Way& way, const Sizes& sizes, float shift) {
    const bool covariance = way.method == FitMethod::leace || way.method == FitMethod::mimic;
    const auto nodes = states_of(engine, sizes, way.layers, shift, covariance);
    const FitRequest request{
        .method = way.method,
        .layers = {.choice = way.best_layer ? LayerChoice::best : LayerChoice::all}};
    Gathered gathered{.request = request, .node = "l_out", .width = kWidth, .layers = {}};
    for (int i = 0; i < way.layers; ++i) {
        gathered.layers.push_back(i);
    }
    gathered.nodes = nodes;
    FitResult result{.method = way.method};
    if (way.method == FitMethod::iti) {
        static_cast<void>(learn_heads(gathered, kHeads, result));
        note_sets_alike(result);
        return result.findings.back().key != "not_told_apart";
    }
    if (way.best_layer) {
        const auto best = best_layer(score_layers(gathered));
        gathered.layers = {static_cast<int>(best)};
        gathered.nodes = gathered.nodes.subspan(best, 1);
    }
    if (way.method == FitMethod::direction) {
        static_cast<void>(learn_directions(gathered, result));
    } else if (way.method == FitMethod::mimic) {
        static_cast<void>(learn_mimic(gathered, result.findings));
    } else {
        static_cast<void>(learn_leace(gathered, result.findings));
    }
    note_sets_alike(result);
    return result.findings.back().key != "not_told_apart";
}

constexpr Sizes kSizes[] = {{32, 32}, {160, 32}, {32, 160}, {100, 20}};

TEST(FitOfEqualSets, FindsADifferenceInAtMostOneOfTwenty) {
    // 5 % of 200 fits of each kind and proportion are 10.
    constexpr int kFits = 200;
    std::mt19937_64 engine(1);
    for (const auto& way : kWays) {
        for (const auto& sizes : kSizes) {
            int found = 0;
            for (int i = 0; i < kFits; ++i) {
                found += finds(engine, way, sizes, 0.0F) ? 1 : 0;
            }
            EXPECT_LE(found, kFits / 20) << way.name << " " << sizes.first << " " << sizes.second;
        }
    }
}

TEST(FitOfDifferentSets, FindsTheDifference) {
    constexpr int kFits = 10;
    std::mt19937_64 engine(2);
    for (const auto& way : kWays) {
        for (const auto& sizes : kSizes) {
            int found = 0;
            for (int i = 0; i < kFits; ++i) {
                found += finds(engine, way, sizes, 7.0F) ? 1 : 0;
            }
            EXPECT_GE(found, kFits * 9 / 10)
                << way.name << " " << sizes.first << " " << sizes.second;
        }
    }
}

}  // namespace
}  // namespace otherwise
