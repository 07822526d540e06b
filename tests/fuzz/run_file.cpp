// Run files: a sound one with changes in it (run_changes.h), read by all that reads one.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/run_changes.h"
#include "tests/fuzz/sound_run.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    static const fuzz::SoundRun run;
    const std::string sql = fuzz::changes_of(fuzz::bytes_of(data, size));
    if (fuzz::change(run.copy(), sql)) {
        run.read_copy();
    }
    return 0;
}
