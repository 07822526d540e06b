// How likely texts go on with given targets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/model/context.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// A text and what should follow it; see answer_text.h for the space between.
struct Continuation {
    std::string text;
    std::string target;
};

struct CheckOptions {
    std::vector<LoraUse> loras;
    std::vector<Hook> edits;
    int threads = 1;
    int least_rows = kUsualLeastRows;  ///< of every call: the model's remedy
    std::function<void(long done, long total)> on_progress{};  ///< rows
    std::function<bool()> cancelled{};
};

/// log P(target | text) of each, joint over its tokens, in nats; empty when it was cancelled. Each
/// different list of tokens is evaluated once (fit/states/text_calls.h).
[[nodiscard]] std::vector<double> log_probabilities(const std::shared_ptr<const Model>& model,
                                                    const std::vector<Continuation>& queries,
                                                    const CheckOptions& options);

}  // namespace otherwise
