// What is known of a law at each position, as columns: a row of this table for each.
//
// A run file keeps a list for each (study/law_rows.h); `law --jsonl` and exports write one for each
// (law_jsonl.h). Positions that noise does not decide are NaN there, and null in JSON. A new column
// is a row here and a migration (study/schema.cpp).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "otherwise/measure/string_law.h"

namespace otherwise {

struct LawColumn {
    std::string_view name;
    double (*of)(const Comparison& at);
    void (*put)(Comparison& at, double value);  ///< back from what a file kept, NaN for +inf
};

/// p and q of the factual token, kl in nats, same_draw and same_top (1 or 0), as in compare.h.
[[nodiscard]] std::span<const LawColumn> law_columns();

/// One value a token; NaN where noise does not decide.
[[nodiscard]] std::vector<double> values_of(const StringLaw& law, const LawColumn& column);

/// One value a token from one a scored position.
[[nodiscard]] std::vector<double> spread(const StringLaw& law, std::span<const double> scored);

}  // namespace otherwise
