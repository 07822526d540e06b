// The report as one HTML page that needs nothing else: styles, scripts, the plotting library and
// the data are all in it, and its content security policy forbids every request.
//
// Model output reaches the page in two ways only: as JSON (report_json.h), which the scripts put
// into the page as text, and, for readers without scripts, as escaped text. Pure function. Cost:
// two copies of the page in memory; a page has about 0.3 MB before its strings.
#pragma once

#include <string>
#include <string_view>

#include "otherwise/page/report_data.h"

namespace otherwise {

/// The whole page, UTF-8.
[[nodiscard]] std::string render_report(const ReportData& data);

/// Text for HTML, attribute values included: & < > " ' as entities, UTF-8.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace otherwise
