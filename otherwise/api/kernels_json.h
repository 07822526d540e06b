// Internal to api and cli: what evaluates, in results.
#pragma once

#include <nlohmann/json.hpp>

namespace otherwise {

/// {"cpu_variant", "cpu_features"} of the backends that were started.
[[nodiscard]] nlohmann::ordered_json kernels_json();

}  // namespace otherwise
