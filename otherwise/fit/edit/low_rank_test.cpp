// needs: llama
#include "otherwise/fit/edit/low_rank.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

const Architecture kSmall{
    .form = {.name = "llama", .key_node = "ffn_swiglu"}, .n_layer = 4, .width = 2, .inner = 3};

/// Of rank 2: ΔW = w₀ r₀ᵀ + w₁ r₁ᵀ.
LowRankEdit small_edit() {
    return {.layer = 1,
            .rank = 2,
            .read = {1.0F, 0.0F, 2.0F, 0.0F, 1.0F, 0.0F},
            .write = {1.0F, 10.0F, 100.0F, 1000.0F}};
}

TEST(EditHooks, AddTheProductWithTheKeyOfEachRow) {
    const auto hooks = edit_hooks(kSmall, {small_edit()});
    ASSERT_EQ(hooks.size(), 2U);
    EXPECT_EQ(hooks[0].node, "ffn_swiglu-1");
    EXPECT_EQ(hooks[1].node, value_node(1));
    std::vector<float> keys{1.0F, 2.0F, 3.0F, 0.0F, -1.0F, 0.5F};  // two rows
    std::vector<float> values{0.5F, 0.5F, 0.0F, 0.0F};
    const auto before = keys;
    hooks[0].edit({.values = keys, .width = 3, .written = {}});
    hooks[1].edit({.values = values, .width = 2, .written = {}});
    EXPECT_EQ(keys, before);
    // r₀·k = 7 and 1, r₁·k = 2 and −1.
    EXPECT_EQ(values, (std::vector{0.5F + 7.0F + 200.0F, 0.5F + 70.0F + 2000.0F, 1.0F - 100.0F,
                                   10.0F - 1000.0F}));
}

TEST(LoraOf, HoldsTheFactorsInLlamaCppsForm) {
    const auto file = lora_of(kSmall, {small_edit()}, {{"general.name", std::string("x")}});
    ASSERT_EQ(file.tensors.size(), 2U);
    EXPECT_EQ(file.tensors[0].name, "blk.1.ffn_down.weight.lora_a");
    EXPECT_EQ(file.tensors[0].shape, (std::vector<std::int64_t>{3, 2}));
    EXPECT_EQ(file.tensors[0].values, small_edit().read);
    EXPECT_EQ(file.tensors[1].name, "blk.1.ffn_down.weight.lora_b");
    EXPECT_EQ(file.tensors[1].shape, (std::vector<std::int64_t>{2, 2}));
    EXPECT_EQ(file.tensors[1].values, (std::vector{1.0F, 100.0F, 10.0F, 1000.0F}));  // by output
    const test::TemporaryFolder folder;
    save_lora(file, folder / "x.gguf");
    const auto read = GgufFile::open(folder / "x.gguf");
    EXPECT_EQ(read.text("general.architecture"), "llama");
    EXPECT_EQ(read.text("general.name"), "x");
    EXPECT_EQ(read.number("adapter.lora.alpha"), 2.0);  // the rank: a scale of one
    EXPECT_EQ(read.read_f32(*read.find("blk.1.ffn_down.weight.lora_b")), file.tensors[1].values);
}

TEST(LoraOf, RefusesWhatIsNoEdit) {
    auto edit = small_edit();
    edit.read[3] = NAN;
    EXPECT_ERROR(lora_of(kSmall, {edit}, {}), "NaN or infinity in layer 1; try other layers");
    edit = small_edit();
    edit.write.pop_back();
    EXPECT_ERROR(lora_of(kSmall, {edit}, {}), "an edit with finite values");
}

}  // namespace
}  // namespace otherwise
