// What the measures say, in words: the answer on top of the page and one sentence below each plot.
//
// Plain text, numbers rounded to what their intervals bear. Nothing is said where nothing is known:
// then the sentence is "".
#pragma once

#include <string>

#include "otherwise/page/report_data.h"

namespace otherwise {

struct Sentences {
    std::string answer;     ///< "60 % of the strings are unchanged; the rest diverge …"
    std::string certainty;  ///< interval, n, what the null world says
    std::string survival;
    std::string histogram;
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

/// "60 %", "0.4 %", "100 %"; "–" of NaN.
[[nodiscard]] std::string percent(double share);

}  // namespace otherwise
