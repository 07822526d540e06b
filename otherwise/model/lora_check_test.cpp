// needs: llama
//
// What is said of adapters that llama.cpp does not apply whole; adapter_test.cpp holds which are
// refused.
#include "otherwise/model/lora_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LeftOutNotes, CountTheNorms) {
    EXPECT_THAT(left_out_notes({}, "l.gguf", false), IsEmpty());
    EXPECT_THAT(left_out_notes({.tensors = {"a_norm.weight"}}, "l.gguf", false),
                ElementsAre("1 norm of 'l.gguf' is left out, as llama.cpp applies none: "
                            "a_norm.weight"));
    EXPECT_THAT(left_out_notes({.tensors = {"a_norm.weight", "b_norm.weight"}}, "l.gguf", true),
                ElementsAre("2 norms of 'l.gguf' are left out, as llama.cpp applies none: "
                            "a_norm.weight, …"));
}

TEST(LeftOutNotes, AnActivatedLoraHasToActOnWhatIsWrittenAlone) {
    const LoraLeftOut activated{.tensors = {}, .invocation = {7, 8}};
    EXPECT_ERROR(left_out_notes(activated, "l.gguf", false),
                 "an activated LoRA, which acts from its invocation tokens (7 8) on, 'l.gguf'");
    EXPECT_THAT(left_out_notes(activated, "l.gguf", true),
                ElementsAre(HasSubstr("not on its invocation tokens (7 8)")));
}

TEST(LoraLeftOut, IsReadFromTheFile) {
    const test::TinyFiles files(
        "tiny.write_lora('l.gguf', shapes={'blk.0.attn_output.weight.lora_a': (64, 2), "
        "'blk.0.attn_output.weight.lora_b': (2, 64), 'blk.0.attn_norm.weight': (64,)}, "
        "more=[('adapter.alora.invocation_tokens', tiny.LIST, (tiny.U32, [7, 8]))]); "
        "tiny.write_lora('plain.gguf')");
    const auto left = lora_left_out(GgufFile::open(files.path("l.gguf")));
    EXPECT_THAT(left.tensors, ElementsAre("blk.0.attn_norm.weight"));
    EXPECT_EQ(left.invocation, (Tokens{7, 8}));
    const auto plain = lora_left_out(GgufFile::open(files.path("plain.gguf")));
    EXPECT_THAT(plain.tensors, IsEmpty());
    EXPECT_THAT(plain.invocation, IsEmpty());
}

}  // namespace
}  // namespace otherwise
