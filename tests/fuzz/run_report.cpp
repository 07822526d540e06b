// The report of a run file with changes in it (run_changes.h): what it writes is one page, whatever
// the texts in the file.
#include "otherwise/page/run_report.h"

#include "otherwise/study/run_reader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/page_check.h"
#include "tests/fuzz/run_changes.h"
#include "tests/fuzz/sound_run.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    static const fuzz::SoundRun run;
    const auto path = run.copy();
    if (fuzz::change(path, fuzz::changes_of(fuzz::bytes_of(data, size)))) {
        fuzz::survive([&] {
            fuzz::require_page(report_of(RunReader(path), {.title = "a run", .threads = 1}));
        });
    }
    return 0;
}
