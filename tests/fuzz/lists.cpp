// Lists of numbers as run files and caches hold them: packed, as JSON, and whole files of a cache.
// What is read and packed again is the same.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

#include "otherwise/generate/cost_store.h"
#include "otherwise/study/lists.h"
#include "otherwise/study/packed_list.h"
#include "tests/fuzz/fuzz.h"

namespace otherwise {
namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// NaN is as NaN.
bool same(const std::vector<double>& a, const std::vector<double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](double x, double y) { return x == y || (x != x && y != y); });
}

/// Infinities are stored as null.
std::vector<double> stored(std::vector<double> values) {
    for (double& value : values) {
        value = value - value == 0.0 ? value : std::numeric_limits<double>::quiet_NaN();
    }
    return values;
}

void read_lists(const std::string& bytes) {
    fuzz::survive([&] {
        const Tokens tokens = unpack_tokens(bytes);
        require(unpack_tokens(pack_tokens(tokens)) == tokens);
    });
    fuzz::survive([&] {
        const auto values = stored(unpack_reals(bytes));
        require(same(unpack_reals(pack_reals(values)), values));
    });
    fuzz::survive([&] { (void)unpack_becomes(bytes); });
    fuzz::survive([&] { (void)list_json(bytes); });
    fuzz::survive([&] {
        const Tokens tokens = read_token_list(bytes);
        require(read_token_list(write_list(tokens)) == tokens);
    });
    fuzz::survive([&] {
        const auto values = stored(read_real_list(bytes));
        require(same(read_real_list(write_list(values)), values));
    });
}

/// A cache is never a reason to fail.
void read_cache(const std::string& bytes) {
    static const auto folder = std::filesystem::temp_directory_path();
    static const KeptKey key{.settings = "fuzz " + std::to_string(::getpid()), .build = "b"};
    const CostStore store(folder, key);
    // The settings differ between processes, but not between inputs.
    const std::string mark = "SETTINGS";
    std::string text = bytes;
    if (const auto at = text.find(mark); at != std::string::npos) {
        text.replace(at, mark.size(), key.settings);
    }
    std::ofstream(store.file(), std::ios::binary) << text;
    (void)store.read();
    std::filesystem::remove(store.file());
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes = otherwise::fuzz::bytes_of(data, size);
    otherwise::read_lists(bytes);
    otherwise::read_cache(bytes);
    return 0;
}
