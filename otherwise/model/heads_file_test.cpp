// needs: llama
#include "otherwise/model/heads_file.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <limits>

#include "otherwise/model/affine_file.h"
#include "otherwise/model/inspect.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

using Metadata = std::vector<std::pair<std::string, GgufValue>>;

class HeadsFileTest : public testing::Test {
protected:
    [[nodiscard]] HeadsFile load(const GgufValue& count, const GgufValue& width,
                                 const std::vector<GgufTensor>& tensors) const {
        write_gguf(path(),
                   {{"general.architecture", std::string("otherwise.heads")},
                    {"otherwise.heads.version", std::uint32_t{1}},
                    {"otherwise.heads.count", count},
                    {"otherwise.heads.width", width}},
                   tensors);
        return load_heads(path());
    }
    [[nodiscard]] std::filesystem::path path() const { return folder_ / "h.gguf"; }
    test::TemporaryFolder folder_;
};

/// Three heads of width 2.
HeadsFile example() {
    return {.path = "",
            .n_head = 3,
            .head_width = 2,
            .shifts = {{0, {0, 0, 1, 2, 0, 0}}, {11, {0, -1, 0, 0, 3, 0}}},
            .notes = {{"otherwise.fit.method", std::string("iti")}}};
}

GgufTensor shift(const std::string& name, std::vector<std::int64_t> shape, float last = 1.0F) {
    std::vector<float> values(static_cast<std::size_t>(shape[0] * shape[1]), 1.0F);
    values.back() = last;
    return {.name = name, .shape = std::move(shape), .values = std::move(values)};
}

TEST_F(HeadsFileTest, RoundTrip) {
    save_heads(example(), path());
    const HeadsFile again = load_heads(path());
    EXPECT_EQ(again.path, path().string());
    EXPECT_EQ(again.n_head, 3);
    EXPECT_EQ(again.head_width, 2);
    EXPECT_EQ(again.width(), 6);
    EXPECT_EQ(again.shifts, example().shifts);
    EXPECT_EQ(again.notes, example().notes);
}

TEST_F(HeadsFileTest, IsDescribed) {
    save_heads(example(), path());
    const FileDescription described = describe_file(path());
    EXPECT_EQ(described.kind, FileKind::heads);
    EXPECT_EQ(described.node, "kqv_out");
    EXPECT_EQ(described.width, 6);
    EXPECT_EQ(described.fit("method"), "iti");
    ASSERT_EQ(described.tensors.size(), 2U);
    EXPECT_EQ(described.tensors[0].form, "1 of 3 heads");
    EXPECT_EQ(described.tensors[1].form, "2 of 3 heads");
    EXPECT_EQ(described.tensors[1].name, "kqv_out-11");
}

TEST_F(HeadsFileTest, RefusesWhatDoesNotFit) {
    const GgufValue two = std::uint32_t{2};
    const GgufValue three = std::uint32_t{3};
    EXPECT_NO_THROW(static_cast<void>(load(three, two, {shift("blk.0.shift", {2, 3})})));
    EXPECT_ERROR(load(two, three, {shift("blk.0.shift", {2, 3})}), "of shape 3 × 2");
    EXPECT_ERROR(load(three, two, {}), "a layer in a file");
    EXPECT_ERROR(load(three, two, {shift("blk.0.bias", {2, 3})}), "tensors blk.N.shift");
    EXPECT_NO_THROW(static_cast<void>(load(three, two, {shift("blk.511.shift", {2, 3})})));
    EXPECT_ERROR(load(three, two, {shift("blk.512.shift", {2, 3})}), "N below 512");
    EXPECT_ERROR(
        load(three, two, {shift("blk.0.shift", {2, 3}, std::numeric_limits<float>::quiet_NaN())}),
        "NaN or infinity");
    for (const GgufValue& bad :
         std::vector<GgufValue>{std::uint32_t{0}, std::int32_t{-2}, std::uint32_t{0xFFFFFFFF}, 1.5F,
                                std::numeric_limits<float>::quiet_NaN(), std::string("2")}) {
        EXPECT_ERROR(load(bad, two, {shift("blk.0.shift", {2, 3})}), "otherwise.heads.count");
        EXPECT_ERROR(load(three, bad, {shift("blk.0.shift", {2, 3})}), "otherwise.heads.width");
    }
}

TEST_F(HeadsFileTest, RefusesOtherFiles) {
    EXPECT_ERROR(load_heads(folder_ / "none.gguf"), "no such file");
    EXPECT_ERROR(load_heads(test::default_model()), "got a model");
    AffineFile affine{.path = "", .node = "l_out", .width = 1};
    affine.maps[0] = {.bias = {1}};
    save_affine(affine, path());
    EXPECT_ERROR(load_heads(path()), "use it with affine:");
    write_gguf(path(),
               {{"general.architecture", std::string("otherwise.heads")},
                {"otherwise.heads.version", std::uint32_t{9}}},
               {});
    EXPECT_ERROR(load_heads(path()), "a newer one");
}

TEST_F(HeadsFileTest, SavesNothingThatCouldNotBeLoaded) {
    const auto refused = [&](const auto& change, const std::string& what) {
        HeadsFile heads = example();
        change(heads);
        EXPECT_ERROR(save_heads(heads, path()), what);
    };
    refused([](HeadsFile& h) { h.shifts.clear(); }, "at least one layer");
    refused([](HeadsFile& h) { h.n_head = 0; }, "0 heads");
    refused([](HeadsFile& h) { h.head_width = 1 << 30; }, "of width 1073741824");
    refused([](HeadsFile& h) { h.shifts[11].pop_back(); }, "layer 11 with 5");
    refused([](HeadsFile& h) { h.shifts[-1] = h.shifts[0]; }, "layer -1");
    refused([](HeadsFile& h) { h.shifts[512] = h.shifts[0]; }, "layer 512");
    refused([](HeadsFile& h) { h.shifts[0][0] = std::numeric_limits<float>::infinity(); },
            "layer 0");
    EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace otherwise
