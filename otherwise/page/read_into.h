// Reads the pairs and laws of a run file into a report.
//
// Each world's pairs are one task, its laws another, and the texts to show are one more; each task
// reads over a connection of its own and in the file's order. Whichever ends a world last sums it
// up. So the report is the same bits whatever the threads.
#pragma once

#include "otherwise/page/report_builder.h"
#include "otherwise/page/run_report.h"
#include "otherwise/study/stored_run.h"

namespace otherwise {

/// Throws Error: a table that cannot be read, and what options.cosines throws.
void read_into(ReportBuilder& builder, const StoredRun& run, const RunReportOptions& options);

}  // namespace otherwise
