// needs: llama
#include "otherwise/model/sound_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>

#include "tests/support/expect_error.h"
#include "tests/support/gguf.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

using test::GgufMaker;

GgufFile file_of(const std::function<void(GgufMaker&)>& change) {
    const test::TemporaryFolder folder;
    GgufMaker maker("llama");
    maker.whole("llama.embedding_length", 64).whole("llama.block_count", 2);
    change(maker);
    maker.write(folder / "m.gguf");
    return GgufFile::open(folder / "m.gguf");
}

/// Of a model with this one number.
GgufFile whole(const std::string& key, std::uint32_t value) {
    return file_of([&](GgufMaker& maker) { maker.whole("llama." + key, value); });
}

TEST(SoundNumbers, OfAUsualModelAreTaken) {
    EXPECT_NO_THROW(require_sound_numbers(file_of([](GgufMaker& maker) {
        maker.whole("llama.attention.head_count", 4)
            .whole("llama.attention.head_count_kv", 2)
            .whole("llama.attention.key_length", 32)
            .whole("llama.rope.dimension_count", 16)
            .whole("llama.context_length", 1U << 20U)
            .whole("llama.attention.sliding_window", 4096)
            .whole("llama.attention.sliding_window_pattern", 6)
            .whole("llama.expert_count", 8)
            .wholes("llama.expert_used_count", {2, 0})
            .whole("llama.expert_group_count", 4)
            .whole("llama.expert_group_used_count", 2)
            .whole("llama.pooling_type", 3)
            .real("llama.attention.layer_norm_rms_epsilon", 1e-5F);
    })));
    EXPECT_NO_THROW(require_sound_numbers(file_of([](GgufMaker&) {})));
}

TEST(SoundNumbers, EpsilonsAreSmallAndNotNegative) {
    for (const float value :
         {-1e-5F, std::nanf(""), std::numeric_limits<float>::infinity(), 2.0F}) {
        for (const char* name : {"layer_norm_epsilon", "layer_norm_rms_epsilon"}) {
            const auto file = file_of([&](GgufMaker& maker) {
                maker.real(std::string("llama.attention.") + name, value);
            });
            EXPECT_ERROR(require_sound_numbers(file), "an epsilon from 0 to 1");
        }
    }
}

TEST(SoundNumbers, ExpertsAreUsed) {
    EXPECT_ERROR(require_sound_numbers(whole("expert_count", 8)), "no llama.expert_used_count");
    const auto used = [](const std::vector<std::uint32_t>& counts) {
        return file_of([&](GgufMaker& maker) {
            maker.whole("llama.expert_count", 8).wholes("llama.expert_used_count", counts);
        });
    };
    EXPECT_ERROR(require_sound_numbers(used({0, 0})), "expert_used_count = 0");
    EXPECT_ERROR(require_sound_numbers(used({2, 9})), "expert_used_count = 9");
    const auto groups = [](std::uint32_t count, std::uint32_t chosen) {
        return file_of([&](GgufMaker& maker) {
            maker.whole("llama.expert_count", 8)
                .whole("llama.expert_used_count", 2)
                .whole("llama.expert_group_count", count)
                .whole("llama.expert_group_used_count", chosen);
        });
    };
    EXPECT_NO_THROW(require_sound_numbers(groups(4, 1)));
    for (const auto& [count, chosen] : {std::pair(8U, 1U), {3U, 1U}, {4U, 0U}, {4U, 4U}}) {
        EXPECT_ERROR(require_sound_numbers(groups(count, chosen)), "groups of its experts");
    }
    EXPECT_ERROR(require_sound_numbers(whole("expert_group_count", 2)), "groups of its experts");
}

TEST(SoundNumbers, HeadsShareKeysAndAreWide) {
    const auto heads = [](std::uint32_t count, std::uint32_t keys) {
        return file_of([&](GgufMaker& maker) {
            maker.whole("llama.attention.head_count", count)
                .whole("llama.attention.head_count_kv", keys);
        });
    };
    EXPECT_NO_THROW(require_sound_numbers(heads(4, 4)));
    EXPECT_ERROR(require_sound_numbers(heads(4, 3)), "share keys evenly");
    EXPECT_ERROR(require_sound_numbers(heads(4, 8)), "share keys evenly");
    EXPECT_ERROR(require_sound_numbers(heads(64, 64)), "two values at least");
    EXPECT_ERROR(require_sound_numbers(file_of([](GgufMaker& maker) {
                     maker.wholes("llama.attention.head_count", {4, 4})
                         .wholes("llama.attention.head_count_kv", {2, 3});
                 })),
                 "share keys evenly");
    for (const std::uint32_t width : {0U, 1U, 33U, 1U << 17U}) {
        EXPECT_ERROR(require_sound_numbers(whole("attention.key_length", width)), "an even width");
        EXPECT_ERROR(require_sound_numbers(whole("attention.value_length", width)),
                     "an even width");
    }
}

TEST(SoundNumbers, ARotationIsOfPairsWithinAHead) {
    const auto rotated = [](std::uint32_t count) {
        return file_of([&](GgufMaker& maker) {
            maker.whole("llama.attention.head_count", 4).whole("llama.rope.dimension_count", count);
        });
    };
    EXPECT_NO_THROW(require_sound_numbers(rotated(16)));
    EXPECT_NO_THROW(require_sound_numbers(rotated(2)));
    for (const std::uint32_t count : {0U, 3U, 18U, 1U << 31U}) {
        EXPECT_ERROR(require_sound_numbers(rotated(count)), "a rotation of pairs");
    }
}

TEST(SoundNumbers, WindowsContextsAndPoolingsThereAre) {
    const auto refused = [](const std::string& key, std::uint32_t value, const char* expected) {
        EXPECT_ERROR(require_sound_numbers(whole(key, value)), expected);
    };
    refused("attention.sliding_window", 2147483647, "a sliding window");
    refused("attention.sliding_window", 4294967295, "a sliding window");
    refused("attention.sliding_window_pattern", 1, "a pattern of sliding windows");
    refused("context_length", 0, "a context");
    refused("context_length", 4294967295, "a context");
    refused("pooling_type", 99, "a pooling");
    refused("nextn_predict_layers", 3, "layers to predict with");
}

TEST(SoundVocabulary, HasNoTextTwice) {
    const auto tokens = [](const std::vector<const char*>& texts) {
        return file_of([&](GgufMaker& maker) { maker.texts("tokenizer.ggml.tokens", texts); });
    };
    EXPECT_NO_THROW(require_sound_vocabulary(tokens({"a", "b", ""})));
    EXPECT_NO_THROW(require_sound_vocabulary(tokens({"", ""})));
    EXPECT_NO_THROW(require_sound_vocabulary(file_of([](GgufMaker&) {})));
    EXPECT_ERROR(require_sound_vocabulary(tokens({"a", "b", "a"})), "'a' twice");
    EXPECT_ERROR(require_sound_vocabulary(tokens({"[EMPTY_1]", ""})), "'' twice");
}

TEST(SoundVocabulary, HasTokensWhereATokenizerIsNamed) {
    const auto vocabulary = [](const char* kind, const std::vector<const char*>& texts) {
        return file_of([&](GgufMaker& maker) {
            maker.text("tokenizer.ggml.model", kind);
            if (!texts.empty()) {
                maker.texts("tokenizer.ggml.tokens", texts);
            }
        });
    };
    EXPECT_NO_THROW(require_sound_vocabulary(vocabulary("gpt2", {"a"})));
    EXPECT_NO_THROW(require_sound_vocabulary(vocabulary("none", {})));
    EXPECT_NO_THROW(require_sound_vocabulary(vocabulary("no_vocab", {})));
    for (const char* kind : {"test", "gpt2", "llama"}) {
        EXPECT_ERROR(require_sound_vocabulary(vocabulary(kind, {})),
                     std::string("none for the tokenizer '") + kind);
    }
}

TEST(SoundTensors, AreOfTypesThatLlamaCppMultiplies) {
    const auto tensor = [](const std::string& name, ggml_type type, std::int64_t columns = 64) {
        return file_of([&](GgufMaker& maker) { maker.tensor(name, type, columns, 2); });
    };
    for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q4_0,
                                 GGML_TYPE_Q8_0, GGML_TYPE_MXFP4}) {
        EXPECT_NO_THROW(require_sound_tensors(tensor("token_embd.weight", type)));
    }
    for (const ggml_type type : {GGML_TYPE_I8, GGML_TYPE_I16, GGML_TYPE_I32, GGML_TYPE_I64,
                                 GGML_TYPE_F64, GGML_TYPE_Q8_1}) {
        EXPECT_ERROR(require_sound_tensors(tensor("token_embd.weight", type)),
                     "'token_embd.weight' in ");
    }
    EXPECT_ERROR(require_sound_tensors(tensor("blk.0.ffn_up.weight", GGML_TYPE_Q8_K, 256)),
                 "in q8_K");
    EXPECT_NO_THROW(require_sound_tensors(tensor("blk.0.ffn_gate_tid2eid.weight", GGML_TYPE_I32)));
    EXPECT_NO_THROW(require_sound_tensors(tensor("blk.0.attn_norm.weight", GGML_TYPE_F32)));
    EXPECT_ERROR(require_sound_tensors(tensor("blk.0.attn_norm.weight", GGML_TYPE_F16)),
                 "norms and biases in f32");
    EXPECT_ERROR(require_sound_tensors(tensor("blk.0.attn_q.bias", GGML_TYPE_F16)),
                 "norms and biases in f32");
}

/// A matrix that says it has so many rows; ggml writes none without any.
GgufFile matrix_of(char rows) {
    const test::TemporaryFolder folder;
    const std::string name = "token_embd.weight";
    GgufMaker("llama").tensor(name, GGML_TYPE_F32, 64, 2).write(folder / "m.gguf");
    std::fstream file(folder / "m.gguf", std::ios::in | std::ios::out | std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const auto second =
        bytes.find(name) + name.size() + 4 + 8;  // behind their number and the first
    file.seekp(static_cast<std::streamoff>(second));
    file.put(rows);
    file.close();
    return GgufFile::open(folder / "m.gguf");
}

TEST(SoundTensors, HoldSomething) {
    EXPECT_NO_THROW(require_sound_tensors(matrix_of(2)));
    EXPECT_ERROR(require_sound_tensors(matrix_of(0)), "'token_embd.weight' of size 0");
}

TEST(SoundTensors, LieOn32Bytes) {
    // ggml writes other alignments, but not as it says: of a file without tensors nothing is read.
    const auto aligned = [](std::uint32_t bytes) {
        return file_of([&](GgufMaker& maker) { maker.whole("general.alignment", bytes); });
    };
    EXPECT_NO_THROW(require_sound_tensors(aligned(64)));
    EXPECT_ERROR(require_sound_tensors(aligned(1)), "general.alignment = 1");
    EXPECT_ERROR(require_sound_tensors(aligned(16)), "tensors on 32 bytes");
}

}  // namespace
}  // namespace otherwise
