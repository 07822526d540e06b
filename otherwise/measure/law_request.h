// What is asked of the laws of a study, in words: one token, or the strengths of a threshold.
#pragma once

#include <string>
#include <vector>

#include "otherwise/generate/strings.h"
#include "otherwise/world/dose.h"

namespace otherwise {

/// One written token.
struct TokenSite {
    std::string string;  ///< id
    int sample = 0;
    int position = 0;  ///< of the written token, from 0
};

/// "STRING:POSITION". Throws misuse.
[[nodiscard]] TokenSite parse_site(const std::string& text);

/// The one string that the site names, by its id, or by its id and "#SAMPLE", which goes to the
/// site. Throws misuse when there is none.
[[nodiscard]] std::vector<InputString> choose_string(const std::vector<InputString>& strings,
                                                     TokenSite& site);

/// What a threshold varies, and between which strengths.
struct ThresholdRequest {
    ScaleSite site;
    std::string target;  ///< "steer.scale"
    double low = 0.0;
    double high = 1.0;
};

/// "TARGET" from 0 to the scale given, or "TARGET=LOW:HIGH". Throws misuse: no such scale, no
/// numbers, two equal strengths, a setting of the mechanism without LOW.
[[nodiscard]] ThresholdRequest parse_threshold(const std::string& text,
                                               const std::vector<World>& worlds);

}  // namespace otherwise
