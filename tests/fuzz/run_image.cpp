// Run files as bytes: a SQLite image that begins as one does, else a sound run with changes in it,
// four bytes each, where (three, the low ones first) and the byte to put there.
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

#include "otherwise/study/database.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sound_run.h"

namespace otherwise {
namespace {

constexpr std::string_view kMagic = "SQLite format 3";

/// Few and small pages: most bytes mean something.
std::string image_of(const std::filesystem::path& path) {
    {
        Database database(path, OpenMode::write);
        database.run("PRAGMA journal_mode = DELETE");
        database.run("PRAGMA page_size = 512");
        database.run("VACUUM");
    }
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string changed(std::string image, const std::string& input) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(input[i]); };
    for (std::size_t i = 0; i + 4 <= input.size(); i += 4) {
        const std::size_t at = byte(i) + 256U * byte(i + 1) + 65536U * byte(i + 2);
        image[at % image.size()] = input[i + 3];
    }
    return image;
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    static const fuzz::SoundRun run;
    static const std::string image = image_of(run.copy());
    const std::string input = fuzz::bytes_of(data, size);
    run.write_copy(input.starts_with(kMagic) ? input : changed(image, input));
    run.read_copy();
    return 0;
}
