// The sentences on top of the page: the answer, what of it is more than rounding, how sure it is.
#pragma once

#include <string>
#include <string_view>

#include "otherwise/page/report_data.h"

namespace otherwise {

/// A measure of the pairs by its key; null without.
[[nodiscard]] const Measure* measure_of(const ReportWorld& world, std::string_view key);

/// Sentences::answer, rounding and certainty.
[[nodiscard]] std::string answer_of(const ReportData& data, const ReportWorld& world);
[[nodiscard]] std::string rounding_of(const ReportData& data, const ReportWorld& world);
[[nodiscard]] std::string certainty_of(const ReportData& data, const ReportWorld& world);

}  // namespace otherwise
