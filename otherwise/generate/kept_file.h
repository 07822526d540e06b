// What was found out once and is kept between runs: one small JSON file for each key in a folder of
// the cache.
//
// A cache is never a reason to fail: a file that is not there, cannot be read or makes no sense is
// as if nothing had been kept; one of another build is not used, and said to be there; where
// nothing can be written the next run finds out again. A folder holds so many files at most: what
// was written longest ago gives way.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace otherwise {

/// What the values depend on: lines "key = value" that name the file, and the build, which does
/// not.
struct KeptKey {
    std::string settings;
    std::string build;
};

/// A line of the settings.
void add_setting(std::string& settings, const std::string& name, const std::string& value);

class KeptFile {
public:
    static constexpr std::size_t kMost = 4000;  ///< files of a folder, a kilobyte each

    KeptFile(const std::filesystem::path& folder, KeptKey key, std::size_t most = kMost);

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }
    /// The values; null where there are none. `other_build` is set where they are another build's.
    [[nodiscard]] nlohmann::json read(std::string& other_build) const;
    /// The values, an object, beside the key. False where the folder does not take it.
    bool write(const nlohmann::ordered_json& values) const;

private:
    std::filesystem::path file_;
    KeptKey key_;
    std::size_t most_;
};

}  // namespace otherwise
