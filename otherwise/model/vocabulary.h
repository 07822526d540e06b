// Whether two models write the same tokens.
#pragma once

#include <string>

#include "otherwise/base/token.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// Tokens that differ though none of them is normal text (control, added, unused, padding).
struct VocabularyMatch {
    Tokens differing;   ///< ids, ascending, of those that only one model has
    Tokens relabelled;  ///< of one name but two kinds, which is the same token for all that
    /// The first of each: "49152: '<pad>' (unused) here, none there"; "" without.
    std::string first_differing;
    std::string first_relabelled;
};

/// Compares `other` with the factual model's vocabulary by name and kind of token; merges, scores
/// and pre-tokenizers may differ, since text is only ever split by the factual one. Normal tokens
/// must match, else Error with the first difference; with `strict` every token must.
[[nodiscard]] VocabularyMatch match_vocabulary(const Model& factual, const Model& other,
                                               bool strict);

}  // namespace otherwise
