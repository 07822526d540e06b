// The report's data as one JSON text that may stand inside an HTML script element.
//
// No <, > or & is left in it, nor the line separators that old scripts choke on: they are \u
// escapes of the same text, so nothing a model wrote can end the element. Numbers have six digits;
// what is not finite is null; what is not UTF-8 is U+FFFD. Pieces of text are kept once ("pieces")
// and named by their index; probabilities of tokens are whole thousandths. Pure function.
//
//   {"head": {"title", "model", "facts": [[label, value]], "warnings"}, "targets": [text],
//    "worlds": [{"name", "changes", "null", "sentences": {…}, "summary": {…}, "measures", "shifts",
//                "words", "law", "exact": [[tokens, share, n]],
//                "sampled": [[tokens, share, low, high, n]],
//                "histogram": {"width", "counts", "unchanged"}, "fragile": […]}],
//    "doses": [{"name", "sentence", "points"}], "pieces": [text], "all_strings": n,
//    "strings": [{"id", "sample", "prompt", "observed", "pieces": [i], "ended"}],
//    "pairs": [{"s", "w", "lcp", "same", "margin", "tail": [i], "ended", "hits": [n],
//               "stay": [‰], "become": {position: [i, ‰, i, ‰, …]}}]}
#pragma once

#include <string>

#include "otherwise/page/report_data.h"

namespace otherwise {

[[nodiscard]] std::string report_json(const ReportData& data);

/// JSON text with <, >, & and U+2028, U+2029 as escapes. They occur only inside its strings.
[[nodiscard]] std::string safe_in_script(std::string_view json);

}  // namespace otherwise
