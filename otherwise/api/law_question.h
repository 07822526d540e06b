// What is asked of the laws of a study, worked out before any model is loaded (law.h).
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "otherwise/api/law.h"

namespace otherwise {

struct LawQuestion {
    Study study;                 ///< of a sweep a world for each dose, of a threshold the one
    std::vector<float> doses{};  ///< of a sweep, by world
    std::vector<std::string> left_out{};
    ThresholdRequest request{};
    TokenSite site{};
};

/// Throws misuse: a sweep, a threshold or a site that is none. `input` as for open_law.
[[nodiscard]] LawQuestion law_question(const Study& study, const LawSettings& settings,
                                       std::istream* input = nullptr);

/// The study that was opened for a question, as law_sweep and law_threshold take it.
[[nodiscard]] OpenedLaw opened_for(OpenedStudy opened, const LawSettings& settings,
                                   LawQuestion question);

}  // namespace otherwise
