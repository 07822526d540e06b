// Another quantization of a model file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "otherwise/api/work.h"
#include "otherwise/model/quantize.h"

namespace otherwise {

struct QuantizedFile {
    std::string path;
    std::string type;              ///< "Q4_K_M"
    std::uint64_t from_bytes = 0;  ///< of all files it was made from
    std::uint64_t bytes = 0;
};

/// Writes `to`, whole or not at all, as quantize_model does and with its errors; `type` is one of
/// quantization_names(). Of `work` the threads count. Within a CancelScope (base/cancelled.h) it
/// throws Cancelled before the next tensor, and nothing is written.
QuantizedFile quantize(const std::filesystem::path& from, const std::filesystem::path& to,
                       const std::string& type, const Work& work = {},
                       const std::function<void(long done, long total)>& on_progress = {});

/// {"path", "type", "from_bytes", "bytes"}, indented, without a newline at the end.
[[nodiscard]] std::string to_json(const QuantizedFile& file);

}  // namespace otherwise
