// Whether two models write the same tokens.
#pragma once

#include <string>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// Tokens that differ though none of them is normal text (control, added, unused, padding).
struct VocabularyMatch {
    Tokens differing;  ///< ids, ascending; impossible in the world that lacks one
    /// "49152: '<pad>' (unused) here, none there"; one for each of these and for each token of one
    /// name but two kinds, which is the same token for all that.
    std::vector<std::string> notes;
};

/// Compares `other` with the factual model's vocabulary by name and kind of token; merges, scores
/// and pre-tokenizers may differ, since text is only ever split by the factual one. Normal tokens
/// must match, else Error with the first difference; with `strict` every token must.
[[nodiscard]] VocabularyMatch match_vocabulary(const Model& factual, const Model& other,
                                               bool strict);

}  // namespace otherwise
