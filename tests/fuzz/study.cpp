// Studies in TOML: what is read is written and read again.
#include "otherwise/study/study.h"
#include "otherwise/study/study_values.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    const std::string text = fuzz::bytes_of(data, size);
    fuzz::survive([&] {
        const std::string written = to_toml(parse_study(text, "s.toml"));
        if (to_toml(parse_study(written, "again.toml")) != written) {
            std::abort();
        }
    });
    fuzz::survive([&] { (void)with_values({}, text); });
    return 0;
}
