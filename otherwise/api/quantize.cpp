#include "otherwise/api/quantize.h"

#include <nlohmann/json.hpp>

#include "otherwise/api/json_text.h"
#include "otherwise/base/processors.h"
#include "otherwise/model/model_files.h"

namespace otherwise {

QuantizedFile quantize(const std::filesystem::path& from, const std::filesystem::path& to,
                       const std::string& type, const Work& work,
                       const std::function<void(long done, long total)>& on_progress) {
    quantize_model(from, to, type, thread_count(work.threads), on_progress);
    std::uintmax_t from_bytes = 0;
    for (const auto& file : model_files(from)) {
        from_bytes += std::filesystem::file_size(file);
    }
    return {.path = to.string(),
            .type = type,
            .from_bytes = from_bytes,
            .bytes = std::filesystem::file_size(to)};
}

std::string to_json(const QuantizedFile& file) {
    return json_text({{"path", file.path},
                      {"type", file.type},
                      {"from_bytes", file.from_bytes},
                      {"bytes", file.bytes}});
}

}  // namespace otherwise
