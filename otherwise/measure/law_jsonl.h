// One JSON line for each string and world: what `law --jsonl` writes.
//
//   {"string": id, "sample": s, "world": name, "tokens": […], "pieces": […], "stay": […],
//    "survival": […], "expected_lcp": x, "unchanged": x, "p": […], "q": […], "kl": […],
//    "same_draw": […], "same_top": […], "bounds": [low, high], "token_bounds": [low, high],
//    "observed": bool}
//
// Lists have one entry a token, with the EOG token. Those from "p" (probability of the factual
// token) to "same_top" are the columns of law_columns.h, null where a do took the law away, and so
// is what is not finite. "agreement" follows them where it was asked for. Numbers are the shortest
// that read back the same.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "otherwise/measure/string_law.h"

namespace otherwise {

/// What a line says beyond its law.
struct LawContext {
    std::string id;
    std::string world;
    std::function<std::string(Token)> piece;  ///< bytes of one written token
};

/// The line, without a newline.
[[nodiscard]] std::string to_jsonl(const StringLaw& law, const LawContext& context);

}  // namespace otherwise
