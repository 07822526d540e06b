// Where the costs of calls are kept between runs (kept_file.h): one small file for each model,
// processor and setting.
#pragma once

#include <filesystem>
#include <string>

#include "otherwise/generate/call_costs.h"
#include "otherwise/generate/kept_file.h"

namespace otherwise {

struct KeptCosts {
    CallCosts costs;
    std::string other_build;  ///< set where costs of another build were found, and not taken
};

class CostStore {
public:
    CostStore(const std::filesystem::path& folder, KeptKey key);

    [[nodiscard]] const std::filesystem::path& file() const { return file_.file(); }
    [[nodiscard]] KeptCosts read() const;
    /// False where the folder does not take it.
    bool write(const CallCosts& costs) const;

private:
    KeptFile file_;
};

}  // namespace otherwise
