#include "otherwise/measure/law_request.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

double number(std::string_view text, const std::string& whole) {
    double value = 0.0;
    const char* begin = text.data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
    const char* end = begin + text.size();
    const auto parsed = std::from_chars(begin, end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(value)) {
        misuse(
            {.where = "parse_threshold",
             .expected = setting("threshold", "TARGET") + " or TARGET=LOW:HIGH, as steer.scale=0:2",
             .came = "'" + whole + "'"});
    }
    return value;
}

}  // namespace

TokenSite parse_site(const std::string& text) {
    const auto colon = text.rfind(':');
    TokenSite site{.string = text.substr(0, colon)};
    const char* end = text.data() + text.size();
    const char* begin = colon == std::string::npos ? end : text.data() + colon + 1;
    const auto parsed = std::from_chars(begin, end, site.position);
    if (parsed.ec != std::errc() || parsed.ptr != end || site.position < 0 || site.string.empty()) {
        misuse({.where = "parse_site",
                .expected = setting("law_at", "STRING:POSITION") +
                            ", an id (or ID#SAMPLE) and a position from 0",
                .came = "'" + text + "'"});
    }
    return site;
}

std::vector<InputString> choose_string(const std::vector<InputString>& strings, TokenSite& site) {
    auto found = std::ranges::find(strings, site.string, &InputString::id);
    const auto hash = site.string.rfind('#');
    if (found == strings.end() && hash != std::string::npos) {
        const char* end = site.string.data() + site.string.size();
        const auto parsed = std::from_chars(site.string.data() + hash + 1, end, site.sample);
        if (parsed.ec == std::errc() && parsed.ptr == end && site.sample >= 0) {
            found = std::ranges::find(strings, site.string.substr(0, hash), &InputString::id);
        }
    }
    if (found == strings.end()) {
        misuse({.where = "choose_string",
                .expected = setting("law_at") + " with the id of a string",
                .came = "'" + site.string + "'",
                .advice = "ids are line numbers from 1 unless the strings bring their own"});
    }
    return {*found};
}

ThresholdRequest parse_threshold(const std::string& text, const std::vector<World>& worlds) {
    const auto equals = text.find('=');
    const std::string target = text.substr(0, equals);
    ThresholdRequest request{.site = find_scale(worlds, target), .target = target};
    request.high = double{request.site.scale};
    if (equals != std::string::npos) {
        const std::string range = text.substr(equals + 1);
        const auto colon = range.find(':');
        request.low = colon == std::string::npos ? 0.0 : number(range.substr(0, colon), text);
        request.high = number(colon == std::string::npos ? range : range.substr(colon + 1), text);
    }
    if (request.site.mechanism &&
        text.find(':', std::min(equals, text.size())) == std::string::npos) {
        misuse({.where = "parse_threshold",
                .expected = setting("threshold", target + "=LOW:HIGH") +
                            " for a setting of the mechanism, as temp=1:2",
                .came = "'" + text + "'"});
    }
    if (request.low == request.high) {
        misuse({.where = "parse_threshold",
                .expected = "two different strengths to search between",
                .came = "'" + text + "', from " + std::to_string(request.low) + " to the same"});
    }
    return request;
}

}  // namespace otherwise
