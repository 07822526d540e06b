// needs: llama
//
// Covers also: layered_file.cpp, of which heads_file_test.cpp is the other user.
#include "otherwise/model/affine_file.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>

#include "otherwise/model/adapter.h"
#include "otherwise/model/heads_file.h"
#include "otherwise/model/inspect.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

using Metadata = std::vector<std::pair<std::string, GgufValue>>;

const FileNotes kNotes = {{"otherwise.fit.method", std::string("mimic")},
                          {"otherwise.fit.n_first", std::uint32_t{200}},
                          {"otherwise.fit.shrinkage", 0.25F},
                          {"otherwise.fit.quality", std::string("accuracy 0.95 [0.92, 0.98]")}};

/// One layer of each form, of width 2.
AffineFile every_form() {
    AffineFile affine{.path = "", .node = "ffn_out", .width = 2, .notes = kNotes};
    affine.maps[0] = {.bias = {1, 2}};
    affine.maps[3] = {.bias = {0, 0}, .diagonal = {-1, 0.5F}};
    affine.maps[7] = {.bias = {1, 0}, .rank = 1, .down = {1, 2}, .up = {3, 4}};
    affine.maps[12] = {.bias = {0, 1e-30F}, .dense = {1, 2, 3, 4}};
    return affine;
}

GgufTensor tensor(const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t count = 1;
    for (const auto n : shape) {
        count *= n;
    }
    return {.name = name,
            .shape = std::move(shape),
            .values = std::vector<float>(static_cast<std::size_t>(count), 0.5F)};
}

class AffineFileTest : public testing::Test {
protected:
    [[nodiscard]] AffineFile load(const Metadata& metadata,
                                  const std::vector<GgufTensor>& tensors) const {
        write_gguf(path(), metadata, tensors);
        return load_affine(path());
    }
    [[nodiscard]] AffineFile load(const std::vector<GgufTensor>& tensors) const {
        return load(good(), tensors);
    }
    static Metadata good() {
        return {{"general.architecture", std::string("otherwise.affine")},
                {"otherwise.affine.version", std::uint32_t{1}},
                {"otherwise.affine.node", std::string("l_out")}};
    }
    [[nodiscard]] std::filesystem::path path() const { return folder_ / "a.gguf"; }
    test::TemporaryFolder folder_;
};

TEST_F(AffineFileTest, RoundTrip) {
    const AffineFile affine = every_form();
    save_affine(affine, path());
    const AffineFile again = load_affine(path());
    EXPECT_EQ(again.path, path().string());
    EXPECT_EQ(again.node, "ffn_out");
    EXPECT_EQ(again.width, 2);
    EXPECT_EQ(again.maps, affine.maps);
    EXPECT_EQ(again.notes, kNotes);
    EXPECT_EQ(again.maps.at(0).form(), AffineForm::identity);
    EXPECT_EQ(again.maps.at(3).form(), AffineForm::diagonal);
    EXPECT_EQ(again.maps.at(7).form(), AffineForm::low_rank);
    EXPECT_EQ(again.maps.at(12).form(), AffineForm::dense);
    EXPECT_EQ(note_text(again.notes, "otherwise.fit.method"), "mimic");
    EXPECT_EQ(note_text(again.notes, "otherwise.fit.n_first"), std::nullopt);
}

TEST_F(AffineFileTest, WidthOneHasNoTrailingDimensions) {
    AffineFile affine{.path = "", .node = "l_out", .width = 1};
    affine.maps[0] = {.bias = {2}, .rank = 1, .down = {3}, .up = {4}};
    affine.maps[1] = {.bias = {2}, .dense = {5}};
    save_affine(affine, path());
    EXPECT_EQ(load_affine(path()).maps, affine.maps);
}

TEST_F(AffineFileTest, IsDescribed) {
    save_affine(every_form(), path());
    const FileDescription described = describe_file(path());
    EXPECT_EQ(described.kind, FileKind::affine);
    EXPECT_EQ(described.node, "ffn_out");
    EXPECT_EQ(described.width, 2);
    EXPECT_EQ(described.fit("method"), "mimic");
    EXPECT_EQ(described.fit("quality"), "accuracy 0.95 [0.92, 0.98]");
    EXPECT_EQ(described.fit("nothing"), "");
    ASSERT_EQ(described.tensors.size(), 4U);
    EXPECT_EQ(described.tensors[2].name, "ffn_out-7");
    EXPECT_EQ(described.tensors[2].rank, 1);
    EXPECT_EQ(described.tensors[2].form, "low rank");
    EXPECT_EQ(described.tensors[3].layer, 12);
    EXPECT_EQ(described.tensors[3].form, "dense");
}

TEST_F(AffineFileTest, RefusesMetadata) {
    const std::vector<GgufTensor> tensors{tensor("blk.1.bias", {2})};
    EXPECT_NO_THROW(static_cast<void>(load(tensors)));
    Metadata wrong = good();
    wrong[1].second = std::uint32_t{2};
    EXPECT_ERROR(load(wrong, tensors), "of version 1, got a newer one");
    wrong[1].second = std::uint32_t{0};
    EXPECT_ERROR(load(wrong, tensors), "a number from 1 as otherwise.affine.version");
    wrong[1].second = std::numeric_limits<float>::quiet_NaN();
    EXPECT_ERROR(load(wrong, tensors), "otherwise.affine.version");
    wrong[1].second = std::string("one");
    EXPECT_ERROR(load(wrong, tensors), "otherwise.affine.version");
    wrong = good();
    wrong[2].second = std::string("l_out-3 \x1b[31m");
    EXPECT_ERROR(load(wrong, tensors), "a node's name");
    wrong.pop_back();
    EXPECT_ERROR(load(wrong, tensors), "a node's name as otherwise.affine.node, got none");
}

TEST_F(AffineFileTest, RefusesTensors) {
    EXPECT_ERROR(load({}), "a layer in a file");
    EXPECT_ERROR(load({tensor("blk.1.weight", {2, 2})}), "a bias in every layer, got layer 1");
    EXPECT_ERROR(load({tensor("blk.1.bias", {2}), tensor("blk.2.diagonal", {2})}), "got layer 2");
    EXPECT_ERROR(load({tensor("blk.1.bias", {2}), tensor("blk.2.bias", {3})}), "of shape 2 × 1");
    EXPECT_ERROR(load({tensor("blk.1.bias", {2, 2})}), "a bias of one row");
    EXPECT_ERROR(load({tensor("blk.1.bias", {2}), tensor("blk.1.weight", {2})}), "shape 2 × 2");
    EXPECT_ERROR(load({tensor("blk.1.bias", {2}), tensor("blk.1.weight", {2, 2, 2})}),
                 "got 2 × 2 × 2");
    EXPECT_ERROR(load({tensor("blk.1.bias", {2}), tensor("blk.1.down", {2, 1})}), "down and up");
    EXPECT_ERROR(
        load({tensor("blk.1.bias", {2}), tensor("blk.1.down", {2, 3}), tensor("blk.1.up", {3, 2})}),
        "a rank from 1 to 2");
    EXPECT_ERROR(
        load({tensor("blk.1.bias", {3}), tensor("blk.1.down", {3, 2}), tensor("blk.1.up", {1, 3})}),
        "'blk.1.up' of shape 2 × 3");
    EXPECT_ERROR(load({tensor("blk.1.bias", {2}), tensor("blk.1.diagonal", {2}),
                       tensor("blk.1.weight", {2, 2})}),
                 "one of diagonal");
    for (const std::string name :
         {"bias", "blk.x.bias", "blk.-1.bias", "blk.1", "blk.1.", "blk.512.bias",
          "blk.99999999999.bias", "blk.1.scale", "blk.1bias"}) {
        EXPECT_ERROR(load({tensor("blk.1.bias", {2}), tensor(name, {2})}), "'" + name + "'");
    }
    EXPECT_ERROR(load({tensor("blk.1.bias", {2}), tensor("blk.01.bias", {2})}), "each once");
}

TEST_F(AffineFileTest, RefusesNumbersThatAreNone) {
    for (const std::string name : {"blk.1.bias", "blk.1.weight", "blk.2.up", "blk.3.diagonal"}) {
        for (const float bad :
             {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
            std::vector<GgufTensor> all{
                tensor("blk.1.bias", {2}),    tensor("blk.1.weight", {2, 2}),
                tensor("blk.2.bias", {2}),    tensor("blk.2.down", {2}),
                tensor("blk.2.up", {1, 2}),   tensor("blk.3.bias", {2}),
                tensor("blk.3.diagonal", {2})};
            EXPECT_NO_THROW(static_cast<void>(load(all)));
            for (auto& one : all) {
                one.values.back() = one.name == name ? bad : one.values.back();
            }
            EXPECT_ERROR(load(all), "NaN or infinity in '" + name + "'");
        }
    }
}

TEST_F(AffineFileTest, SaysWhatAnotherFileIs) {
    EXPECT_ERROR(load_affine(folder_ / "none.gguf"), "no such file");
    EXPECT_ERROR(load_affine(folder_.path()), "a folder");
    EXPECT_ERROR(load_affine(test::default_model()), "got a model");
    save_control_vector({.path = "", .model_hint = "", .width = 1, .directions = {{1, {1}}}},
                        path());
    EXPECT_ERROR(load_affine(path()), "use it with steer: or ablate:");
    save_heads({.path = "", .n_head = 1, .head_width = 1, .shifts = {{0, {1}}}}, path());
    EXPECT_ERROR(load_affine(path()), "use it with heads:");
    EXPECT_ERROR(load_control_vector(path()), "otherwise.heads");
    write_gguf(path(), {{"general.type", std::string("adapter")}}, {});
    EXPECT_ERROR(load_affine(path()), "use it with lora:");
}

TEST_F(AffineFileTest, EveryTruncationAndEveryFlippedByteIsReadOrRefused) {
    save_affine(every_form(), path());
    const auto copy = folder_ / "copy.gguf";
    const auto size = std::filesystem::file_size(path());
    int refused = 0;
    for (std::uintmax_t at = 0; at < size; ++at) {
        std::filesystem::copy_file(path(), copy, std::filesystem::copy_options::overwrite_existing);
        {
            std::fstream file(copy, std::ios::binary | std::ios::in | std::ios::out);
            file.seekp(static_cast<std::streamoff>(at));
            file.put('\xFF');
        }
        const auto error = test::error_of([&] { static_cast<void>(load_affine(copy)); });
        refused += error == "no error" ? 0 : 1;
    }
    EXPECT_GT(refused, 100);
    std::filesystem::copy_file(path(), copy, std::filesystem::copy_options::overwrite_existing);
    const auto last = GgufFile::open(path()).tensors().back();
    for (auto end = last.offset + last.bytes; end-- > 0;) {
        std::filesystem::resize_file(copy, end);
        EXPECT_ERROR(load_affine(copy), "copy.gguf");
    }
}

TEST_F(AffineFileTest, SavesNothingThatCouldNotBeLoaded) {
    const auto refused = [&](const auto& change, const std::string& what) {
        AffineFile affine = every_form();
        change(affine);
        EXPECT_ERROR(save_affine(affine, path()), what);
    };
    refused([](AffineFile& a) { a.maps.clear(); }, "at least one layer");
    refused([](AffineFile& a) { a.node = "l_out-"; }, "a node");
    refused([](AffineFile& a) { a.maps[-1] = a.maps[0]; }, "layer -1");
    refused([](AffineFile& a) { a.maps[12].diagonal = {1, 2}; }, "layer 12");
    refused([](AffineFile& a) { a.maps[7].rank = 2; }, "layer 7");
    refused([](AffineFile& a) { a.maps[3].bias.clear(); }, "layer 3");
    refused([](AffineFile& a) { a.maps[12].dense.pop_back(); }, "layer 12");
    refused([](AffineFile& a) { a.maps[0].bias[0] = std::numeric_limits<float>::infinity(); },
            "layer 0");
    refused([](AffineFile& a) { a.notes.emplace_back("general.architecture", std::string("x")); },
            "notes under otherwise.fit.");
    EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(AffineFileTest, ControlVectorsKeepNotesToo) {
    save_control_vector(
        {.path = "", .model_hint = "llama", .width = 1, .directions = {{1, {1}}}, .notes = kNotes},
        path());
    EXPECT_EQ(load_control_vector(path()).notes, kNotes);
    EXPECT_EQ(describe_file(path()).fit("method"), "mimic");
}

}  // namespace
}  // namespace otherwise
