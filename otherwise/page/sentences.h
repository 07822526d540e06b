// What the measures say, in words: the answer on top of the page and one sentence below each plot.
//
// Plain text, numbers rounded to what their intervals bear. Nothing is said where nothing is known:
// then the sentence is "".
#pragma once

#include <string>

#include "otherwise/page/report_data.h"

namespace otherwise {

struct Sentences {
    /// "60 % [52 %, 68 %] of strings are unchanged; the rest diverge after 7 tokens on average; a
    /// change of no meaning leaves 69 % here; the null world: 0 changed."
    std::string answer;
    std::string rounding;   ///< what is more than that; of a nudge what it is
    std::string certainty;  ///< what the interval is, n, a floor that is not zero
    std::string survival;
    std::string histogram;
    std::string edits;
    std::string cosines;
    std::string likeness;
    std::string shifts;
    std::string targets;
    std::string words;
    std::string law;     ///< KL divergence and same top beside ours
    std::string bounds;  ///< what other couplings could say
    std::string fragile;
};

/// Of one world of the report.
[[nodiscard]] Sentences sentences_of(const ReportData& data, const ReportWorld& world);

/// Of a dose curve.
[[nodiscard]] std::string sentence_of(const DoseCurve& curve);

}  // namespace otherwise
