// What llama.cpp itself does: rows a second in the best of the shapes that a run may use.
#pragma once

#include "otherwise/model/evaluator.h"

namespace otherwise {

/// Rows a second, inside the backend alone.
struct Rates {
    double prompt = 0.0;  ///< prompts: many rows a stream, logits of the last
    double forced = 0.0;  ///< teacher forcing: many rows a stream, all logits
    double decode = 0.0;  ///< one row a stream, all logits
};

/// Measures on an evaluator with empty streams, and leaves them empty. `parallel` streams decode
/// together. Costs about 2,500 rows.
[[nodiscard]] Rates measure_rates(Evaluator& evaluator, int parallel);

}  // namespace otherwise
