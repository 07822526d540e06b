// Worlds whose logits are compared row by row with llama.cpp's own, or with another world's.
#pragma once

#include <gtest/gtest.h>
#include <llama-cpp.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "otherwise/model/affine_file.h"
#include "otherwise/world/opened.h"
#include "tests/support/lora.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise::test {

inline constexpr int kWidth = 576;
inline constexpr int kPrompt = 10;  // of kRows tokens; prompt and rest are calls of their own
inline constexpr int kRows = 21;
inline constexpr float kRounding = 1e-3F;

using Rows = std::vector<std::vector<float>>;  ///< [kRows][n_vocab]

inline float largest_difference(const Rows& a, const Rows& b) {
    float most = 0.0F;
    for (std::size_t row = 0; row < a.size(); ++row) {
        for (std::size_t k = 0; k < a[row].size(); ++k) {
            most = std::max(most, std::abs(a[row][k] - b[row][k]));
        }
    }
    return most;
}

class LogitsOfWorlds : public testing::Test {
protected:
    LogitsOfWorlds() {
        write_vector(vector_path(), kWidth, 8, 12, 10.0F);
        write_random_lora(lora_path(), 0.3F);
    }

    [[nodiscard]] std::string vector_path() const { return (folder_ / "vector.gguf").string(); }
    [[nodiscard]] std::string affine_path() const { return (folder_ / "affine.gguf").string(); }
    [[nodiscard]] std::string lora_path() const { return (folder_ / "lora.gguf").string(); }

    [[nodiscard]] OpenedWorld open(const WorldPlan& plan, bool repack = true) const {
        ModelShelf shelf({.repack = repack});
        return open_world(plan, shelf, *shelf.get(factual_), {});
    }

    [[nodiscard]] Tokens tokens() const { return *long_prompt(*model_, 4, kRows).prompt_tokens; }

    /// Logits of every row: a call of the rows before the last of the prompt, then the others.
    [[nodiscard]] Rows logits(const OpenedWorld& world) const {
        const auto context = world.make_context(2, 256, 126, 2);
        const Tokens all = tokens();
        Rows rows;
        for (const auto& [from, to] : {std::pair{0, kPrompt - 1}, std::pair{kPrompt - 1, kRows}}) {
            Call call{.first_stream = 0, .n_streams = 1, .n_rows = to - from};
            call.tokens.assign(all.begin() + from, all.begin() + to);
            call.positions = {from};
            call.wanted.assign(call.tokens.size(), 1);
            call.written.assign(call.tokens.size(), from > 0 ? 1 : 0);
            context->decode(call);
            for (int row = 0; row < call.size(); ++row) {
                const auto values = context->logits(row);
                rows.emplace_back(values.begin(), values.end());
            }
        }
        return rows;
    }
    [[nodiscard]] Rows logits(const std::vector<Intervention>& interventions) const {
        return logits(open(world_of(factual_, "w", interventions)));
    }

    /// The same by llama.cpp alone; `before_call(context, written)` sets its adapters.
    template <typename BeforeCall>
    [[nodiscard]] Rows by_llama(const BeforeCall& before_call) const {
        auto params = llama_context_default_params();
        params.n_ctx = 512;
        params.n_seq_max = 2;
        params.n_threads = params.n_threads_batch = 1;
        const llama_context_ptr context(llama_init_from_model(model_->handle(), params));
        const Tokens all = tokens();
        Rows rows;
        for (const auto& [from, to] : {std::pair{0, kPrompt - 1}, std::pair{kPrompt - 1, kRows}}) {
            before_call(context.get(), from > 0);
            llama_batch batch = llama_batch_init(to - from, 0, 1);
            for (int i = from; i < to; ++i) {
                const int row = batch.n_tokens++;
                batch.token[row] = all[static_cast<std::size_t>(i)];
                batch.pos[row] = i;
                batch.n_seq_id[row] = 1;
                batch.seq_id[row][0] = 0;
                batch.logits[row] = 1;
            }
            EXPECT_EQ(llama_decode(context.get(), batch), 0);
            for (int row = 0; row < to - from; ++row) {
                const float* values = llama_get_logits_ith(context.get(), row);
                rows.emplace_back(values, values + model_->n_vocab());
            }
            llama_batch_free(batch);
        }
        return rows;
    }
    [[nodiscard]] Rows by_llama() const {
        return by_llama([](llama_context*, bool) {});
    }

    TemporaryFolder folder_;
    WorldPlan factual_ = plan_of(derived_model("Q4_0"));
    std::shared_ptr<const Model> model_ = Model::load(factual_.model);
};

/// Numbers of no meaning, the same at every call.
inline std::vector<float> some_numbers(std::size_t count, float size) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = size * std::sin(static_cast<float>(i * i % 1009));
    }
    return values;
}

/// A map of full rank in two layers that moves states a good deal.
inline AffineFile dense_file(const std::string& node) {
    AffineFile file{.path = "", .node = node, .width = kWidth};
    for (const int layer : {10, 11}) {
        AffineMap& map = file.maps[layer];
        map.bias = some_numbers(kWidth, 3.0F);
        map.dense = some_numbers(std::size_t{kWidth} * kWidth, 0.03F);
        for (std::size_t i = 0; i < kWidth; ++i) {
            map.dense[i * kWidth + i] += 1.0F;
        }
    }
    return file;
}

}  // namespace otherwise::test
