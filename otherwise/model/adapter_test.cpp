// needs: llama
//
// Covers also: lora_alpha.cpp (a copy whose alpha is f32).
#include "otherwise/model/adapter.h"

#include <gtest/gtest.h>

#include <limits>

#include "otherwise/base/hash.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/inspect.h"
#include "otherwise/model/lora_alpha.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

using Metadata = std::vector<std::pair<std::string, GgufValue>>;

GgufTensor filled(const std::string& name, std::int64_t columns, std::int64_t rows) {
    return {.name = name,
            .shape = {columns, rows},
            .values = std::vector<float>(static_cast<std::size_t>(columns * rows), 0.01F)};
}

Metadata lora_metadata(const std::string& architecture) {
    return {{"general.type", std::string("adapter")},
            {"general.architecture", architecture},
            {"adapter.type", std::string("lora")},
            {"adapter.lora.alpha", 8.0F}};
}

const std::string kWeight = "blk.3.attn_output.weight";

std::vector<GgufTensor> pair(std::int64_t in, std::int64_t out, std::int64_t rank) {
    return {filled(kWeight + ".lora_a", in, rank), filled(kWeight + ".lora_b", rank, out)};
}

class AdapterTest : public testing::Test {
protected:
    static void SetUpTestSuite() { model_ = Model::load(test::default_model()); }
    static void TearDownTestSuite() { model_.reset(); }

    [[nodiscard]] std::shared_ptr<const Lora> load(const Metadata& metadata,
                                                   const std::vector<GgufTensor>& tensors) const {
        write_gguf(folder_ / "lora.gguf", metadata, tensors);
        return Lora::load(model_, folder_ / "lora.gguf");
    }

    static std::shared_ptr<const Model> model_;
    test::TemporaryFolder folder_;
};

std::shared_ptr<const Model> AdapterTest::model_;

TEST_F(AdapterTest, LoadsAndKeepsItsModelAlive) {
    auto model = Model::load(test::default_model());
    write_gguf(folder_ / "lora.gguf", lora_metadata("llama"), pair(576, 576, 4));
    auto lora = Lora::load(model, folder_ / "lora.gguf");
    const std::weak_ptr<const Model> watched = model;
    model.reset();
    EXPECT_NE(lora->handle(), nullptr);
    EXPECT_FALSE(watched.expired());
    lora.reset();
    EXPECT_TRUE(watched.expired());
}

TEST_F(AdapterTest, AnAlphaMayBeAnyNumber) {
    Metadata metadata = lora_metadata("llama");
    for (const GgufValue& alpha : {GgufValue(std::uint32_t{8}), GgufValue(std::int32_t{8})}) {
        metadata[3].second = alpha;  // llama.cpp aborts on this
        const auto lora = load(metadata, pair(576, 576, 4));
        EXPECT_NE(lora->handle(), nullptr);
        const OpenFile copy = open_lora(GgufFile::open(folder_ / "lora.gguf"));
        const auto of_copy =
            GgufFile::open("/proc/self/fd/" + std::to_string(::fileno(copy.get())));
        EXPECT_TRUE(of_copy.is_f32("adapter.lora.alpha"));
        EXPECT_EQ(of_copy.number("adapter.lora.alpha"), 8.0);
        EXPECT_EQ(of_copy.tensors().size(), 2U);
        EXPECT_EQ(of_copy.read_f32(of_copy.tensors()[1]), pair(576, 576, 4)[1].values);
    }
}

TEST_F(AdapterTest, LeavesTheModelFileAlone) {
    const auto lora = load(lora_metadata("llama"), pair(576, 576, 4));
    EXPECT_EQ(model_->hash(), sha256_file(model_->path()));
}

TEST_F(AdapterTest, RefusesWhatDoesNotFit) {
    EXPECT_ERROR(load(lora_metadata("qwen2"), pair(576, 576, 4)),
                 "one for qwen2 where the model is llama");
    EXPECT_ERROR(load(lora_metadata("llama"), pair(512, 576, 4)),
                 "is 512 x 4 where the model's 576 x 576 asks for 576 x 4");
    EXPECT_ERROR(load(lora_metadata("llama"), {pair(576, 576, 4)[0]}), "half a pair");
    EXPECT_ERROR(load(lora_metadata("llama"),
                      {filled("blk.99.x.lora_a", 2, 2), filled("blk.99.x.lora_b", 2, 2)}),
                 "which the model has not");
    EXPECT_ERROR(load(lora_metadata("llama"), {filled("x_norm.weight", 2, 2)}),
                 "without a single pair");
    EXPECT_ERROR(load(lora_metadata("llama"), {filled("token_embd.weight.lora_a", 4, 49152),
                                               filled("token_embd.weight.lora_b", 5, 576)}),
                 "whose output matrix it is");
}

TEST_F(AdapterTest, RefusesRanksAndNumbersThatAreNone) {
    EXPECT_NO_THROW(static_cast<void>(load(lora_metadata("llama"), pair(576, 576, 576))));
    EXPECT_ERROR(load(lora_metadata("llama"), pair(576, 576, 577)), "of rank 577");
    for (const std::size_t which : {0U, 1U}) {
        auto tensors = pair(576, 576, 4);
        tensors[which].values.back() = std::numeric_limits<float>::quiet_NaN();
        EXPECT_ERROR(load(lora_metadata("llama"), tensors),
                     "NaN or infinity in '" + tensors[which].name + "'");
    }
}

TEST_F(AdapterTest, RefusesOtherFiles) {
    EXPECT_ERROR(Lora::load(model_, folder_ / "none.gguf"), "no such file");
    EXPECT_ERROR(Lora::load(model_, test::default_model()), "another kind");
    Metadata wrong = lora_metadata("llama");
    wrong[3].second = std::string("eight");  // llama.cpp aborts on this
    EXPECT_ERROR(load(wrong, pair(576, 576, 4)), "alpha");
    wrong = lora_metadata("llama");
    wrong[2].second = std::string("dora");
    EXPECT_ERROR(load(wrong, pair(576, 576, 4)), "dora");
    save_control_vector(
        {.path = "", .model_hint = "llama", .width = 2, .directions = {{1, {1, 2}}}},
        folder_ / "vector.gguf");
    EXPECT_ERROR(Lora::load(model_, folder_ / "vector.gguf"), "`control_vector`");
    EXPECT_ERROR(Model::load(folder_ / "lora.gguf"), "`lora`");
}

TEST_F(AdapterTest, DescribesALora) {
    write_gguf(folder_ / "lora.gguf", lora_metadata("llama"), pair(576, 192, 4));
    const FileDescription lora = describe_file(folder_ / "lora.gguf");
    EXPECT_EQ(lora.kind, FileKind::lora);
    EXPECT_EQ(lora.architecture, "llama");
    EXPECT_EQ(lora.alpha, 8.0);
    ASSERT_EQ(lora.tensors.size(), 1U);
    EXPECT_EQ(lora.tensors[0].name, kWeight);
    EXPECT_EQ(lora.tensors[0].layer, 3);
    EXPECT_EQ(lora.tensors[0].rank, 4);
    EXPECT_EQ(lora.tensors[0].shape, (std::vector<std::int64_t>{576, 192}));
}

class ControlVectorTest : public testing::Test {
protected:
    [[nodiscard]] ControlVector load(const std::vector<GgufTensor>& tensors) const {
        write_gguf(folder_ / "v.gguf", {{"general.architecture", std::string("controlvector")}},
                   tensors);
        return load_control_vector(folder_ / "v.gguf");
    }
    test::TemporaryFolder folder_;
};

GgufTensor direction(const std::string& layer, std::vector<float> values) {
    return {.name = "direction." + layer,
            .shape = {static_cast<std::int64_t>(values.size())},
            .values = std::move(values)};
}

TEST_F(ControlVectorTest, RoundTrip) {
    const ControlVector vector{.path = "",
                               .model_hint = "llama",
                               .width = 3,
                               .directions = {{1, {1, 2, 3}}, {12, {-4, 0.5F, 1e-30F}}}};
    save_control_vector(vector, folder_ / "v.gguf");
    const ControlVector again = load_control_vector(folder_ / "v.gguf");
    EXPECT_EQ(again.path, (folder_ / "v.gguf").string());
    EXPECT_EQ(again.model_hint, "llama");
    EXPECT_EQ(again.width, 3);
    EXPECT_EQ(again.directions, vector.directions);
    const FileDescription described = describe_file(folder_ / "v.gguf");
    EXPECT_EQ(described.kind, FileKind::control_vector);
    EXPECT_EQ(described.width, 3);
    EXPECT_EQ(described.tensors.back().layer, 12);
}

TEST_F(ControlVectorTest, RefusesBadDirections) {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    EXPECT_NO_THROW(static_cast<void>(load({direction("1", {1, 2})})));
    EXPECT_ERROR(load({direction("1", {1, kNan})}), "NaN");
    EXPECT_ERROR(load({direction("1", {1, kInfinity})}), "NaN or infinity");
    EXPECT_ERROR(load({direction("1", {1, 2}), direction("2", {1})}), "of one width, 2");
    EXPECT_ERROR(load({direction("0", {1})}), "direction.0");
    EXPECT_ERROR(load({direction("x", {1})}), "direction.x");
    EXPECT_ERROR(load({direction("99999999999", {1})}), "direction.99999999999");
    EXPECT_ERROR(load({direction("1", {1}), direction("01", {1})}), "layer 1 twice");
    EXPECT_ERROR(load({filled("other", 1, 1)}), "no direction");
    EXPECT_NO_THROW(static_cast<void>(load({direction("512", {1})})));
    EXPECT_ERROR(load({direction("513", {1})}), "up to 512, got 'direction.513'");
    EXPECT_ERROR(load({filled("direction.1", 2, 2)}),
                 "of one row, of 1 to 16777216 values, got "
                 "'direction.1' of 2 × 2");
    EXPECT_ERROR(load({direction("1", {1}), filled("blk.1.bias", 1, 1)}),
                 "no other, got 'blk.1.bias'");
}

TEST_F(ControlVectorTest, RefusesOtherFiles) {
    EXPECT_ERROR(load_control_vector(folder_ / "none.gguf"), "no such file");
    EXPECT_ERROR(load_control_vector(folder_.path()), "a folder");
    EXPECT_ERROR(load_control_vector(test::default_model()), "it is a model");
}

TEST_F(ControlVectorTest, SavesNothingThatCouldNotBeLoaded) {
    const auto path = folder_ / "v.gguf";
    EXPECT_ERROR(save_control_vector({.path = "", .model_hint = "", .width = 1}, path), "any");
    EXPECT_ERROR(save_control_vector(
                     {.path = "", .model_hint = "", .width = 1, .directions = {{0, {1}}}}, path),
                 "layer 0");
    EXPECT_ERROR(save_control_vector(
                     {.path = "", .model_hint = "", .width = 2, .directions = {{1, {1}}}}, path),
                 "width 2");
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_ERROR(save_control_vector(
                     {.path = "", .model_hint = "", .width = 1, .directions = {{1, {kNan}}}}, path),
                 "NaN");
    EXPECT_ERROR(save_control_vector(
                     {.path = "", .model_hint = "", .width = 1, .directions = {{513, {1}}}}, path),
                 "layer 513");
    EXPECT_ERROR(save_control_vector(
                     {.path = "", .model_hint = "", .width = 0, .directions = {{1, {}}}}, path),
                 "with 0 values");
    EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace otherwise
