// A few rows through a model that a fuzzer loaded: what llama.cpp does with sizes, types and
// numbers that it took.
#pragma once

#include <memory>
#include <utility>

#include "otherwise/model/context.h"
#include "otherwise/model/model.h"

namespace otherwise::fuzz {

/// Two rows of one stream, with these adapters.
inline void decode(const std::shared_ptr<const Model>& model, std::vector<LoraUse> loras = {}) {
    Context context(model, {.n_streams = 1, .max_rows = 32, .loras = std::move(loras)});
    Tokens tokens = model->tokenize("the house\xC3\xA9 1", true, true);
    tokens.resize(2, 1);
    context.decode({.first_stream = 0,
                    .n_streams = 1,
                    .n_rows = 2,
                    .tokens = tokens,
                    .positions = {0},
                    .wanted = {1, 1},
                    .written = {0, 0}});
    (void)context.logits(1);
}

}  // namespace otherwise::fuzz
