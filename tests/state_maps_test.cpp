// needs: llama
//
// Affine maps and head shifts from files do to the logits what a plain hook does there.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "otherwise/model/adapter.h"
#include "otherwise/model/heads_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/logits.h"

namespace otherwise {
namespace {

using test::dense_file;
using test::kWidth;
using test::largest_difference;
using test::Rows;
using test::some_numbers;

class StateMaps : public test::LogitsOfWorlds {};

TEST_F(StateMaps, AnAffineShiftIsSteering) {
    const auto vector = load_control_vector(vector_path());
    AffineFile file{.path = "", .node = "l_out", .width = kWidth};
    for (const auto& [layer, direction] : vector.directions) {
        file.maps[layer].bias = direction;
    }
    save_affine(file, affine_path());
    const Rows steered = logits({Steer{.path = vector_path(), .scale = 0.5F}});
    EXPECT_EQ(logits({Affine{.path = affine_path(), .scale = 0.5F}}), steered);
    EXPECT_EQ(logits({Steer{.path = affine_path(), .scale = 0.5F}}), steered);
    EXPECT_NE(logits({Affine{.path = affine_path(), .scale = 0.6F}}), steered);  // the control
    EXPECT_EQ(logits({Ablate{.path = affine_path()}}), logits({Ablate{.path = vector_path()}}));
    file.node = "ffn_out";
    save_affine(file, affine_path());
    EXPECT_NE(logits({Steer{.path = affine_path(), .scale = 0.5F}}), steered);
}

TEST_F(StateMaps, AffineIsItsDefinitionAtEverySite) {
    factual_.weights = "f32";  // quantized ones round states to 8 bits: a last bit can tip a step
    const Rows none = logits(std::vector<Intervention>{});
    for (const char* node : {"l_out", "ffn_out", "attn_out", "attn_norm", "ffn_norm", "kqv_out"}) {
        const AffineFile file = dense_file(node);
        save_affine(file, affine_path());
        auto plain = open(factual_);
        for (const auto& [layer, map] : file.maps) {
            const auto edit = [map = map](SiteRows states) {
                for (std::size_t row = 0; row < states.written.size(); ++row) {
                    float* x = states.values.data() + row * kWidth;
                    std::vector<double> mapped(map.bias.begin(), map.bias.end());
                    for (std::size_t i = 0; i < kWidth; ++i) {
                        for (std::size_t j = 0; j < kWidth; ++j) {
                            mapped[i] += double{map.dense[i * kWidth + j]} * double{x[j]};
                        }
                    }
                    for (std::size_t i = 0; i < kWidth; ++i) {
                        x[i] = static_cast<float>(x[i] + 0.5 * (mapped[i] - x[i]));
                    }
                }
            };
            plain.prototype.sites.push_back(
                {.node = node + ("-" + std::to_string(layer)), .edit = edit});
        }
        const Rows ours = logits({Affine{.path = affine_path(), .scale = 0.5F}});
        const float moved = largest_difference(ours, none);
        EXPECT_GT(moved, 0.1F) << node;
        EXPECT_LE(largest_difference(ours, logits(plain)), 0.005F * moved) << node;
        EXPECT_EQ(logits({Affine{.path = affine_path(), .scale = 0.0F}}), none) << node;
    }
}

TEST_F(StateMaps, HeadsAreAddedBeforeTheirProjection) {
    const auto shift = some_numbers(kWidth, 2.0F);
    const std::string path = (folder_ / "heads.gguf").string();
    save_heads({.path = "", .n_head = 9, .head_width = 64, .shifts = {{7, shift}}}, path);
    auto plain = open(factual_);
    plain.prototype.sites.push_back({.node = "kqv_out-7", .edit = [&](SiteRows states) {
                                         for (std::size_t i = 0; i < states.values.size(); ++i) {
                                             states.values[i] += 1.5F * shift[i % kWidth];
                                         }
                                     }});
    const Rows ours = logits({Heads{.path = path, .scale = 1.5F}});
    EXPECT_EQ(ours, logits(plain));
    EXPECT_GT(largest_difference(ours, logits(std::vector<Intervention>{})), 0.1F);
    save_heads({.path = "", .n_head = 18, .head_width = 32, .shifts = {{7, shift}}}, path);
    EXPECT_ERROR(logits({Heads{.path = path}}), "shifts of 9 heads a layer");
}

TEST_F(StateMaps, FilesOfOtherModelsAndSitesAreRefused) {
    AffineFile file = dense_file("l_out");
    file.notes = {{"otherwise.fit.model_sha256", Model::load(test::default_model())->hash()}};
    save_affine(file, affine_path());
    const auto plan = test::world_of(factual_, "w", {Affine{.path = affine_path()}});
    EXPECT_ERROR(open(plan), "`force`");
    ModelShelf shelf({});
    EXPECT_NO_THROW(
        static_cast<void>(open_world(plan, shelf, *shelf.get(factual_), {.force = true})));
    file = dense_file("hc_out");
    save_affine(file, affine_path());
    EXPECT_ERROR(open(plan), "a node 'hc_out' in the graph of llama");
    file = dense_file("l_out");
    file.maps[30] = file.maps[10];
    save_affine(file, affine_path());
    EXPECT_ERROR(open(plan), "layer 30");
}

}  // namespace
}  // namespace otherwise
