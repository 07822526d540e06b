// Where the costs of calls are kept between runs: one small JSON file for each model, processor and
// setting in a folder of the cache.
//
// A cache is never a reason to fail: a file that is not there, cannot be read or makes no sense is
// as if nothing had been measured; one of another build is not used, and said to be there; where
// nothing can be written the next run measures again.
#pragma once

#include <filesystem>
#include <string>

#include "otherwise/generate/call_costs.h"

namespace otherwise {

/// What the costs depend on: lines "key = value" that name the file, and the build, which does not.
struct CostKey {
    std::string settings;
    std::string build;
};

struct KeptCosts {
    CallCosts costs;
    std::string other_build;  ///< set where costs of another build were found, and not taken
};

class CostStore {
public:
    CostStore(const std::filesystem::path& folder, CostKey key);

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }
    [[nodiscard]] KeptCosts read() const;
    /// False where the folder does not take it.
    bool write(const CallCosts& costs) const;

private:
    std::filesystem::path file_;
    CostKey key_;
};

}  // namespace otherwise
