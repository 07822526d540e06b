#include "otherwise/api/kernels_json.h"

#include "otherwise/model/backends.h"
#include "otherwise/model/system.h"

namespace otherwise {

nlohmann::ordered_json kernels_json() {
    return {{"cpu_variant", active_cpu_variant()}, {"cpu_features", processor_features()}};
}

}  // namespace otherwise
