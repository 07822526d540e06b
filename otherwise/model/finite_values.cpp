#include "otherwise/model/finite_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <vector>

#include "ggml.h"
#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kValuesAtOnce = 1 << 16;  // a multiple of every type's block

ggml_type type_of(const std::string& name) {
    for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
        const auto type = static_cast<ggml_type>(i);
        const char* known = ggml_type_name(type);
        if (known != nullptr && name == known) {
            return type;
        }
    }
    misuse({.where = "has_finite_values", .expected = "a type of ggml's", .came = name});
}

/// Blocks of the type as floats.
void to_floats(ggml_type type, const std::vector<char>& bytes, std::vector<float>& values) {
    if (type == GGML_TYPE_F32) {
        std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
        return;
    }
    const auto convert = ggml_get_type_traits(type)->to_float;
    if (convert == nullptr) {
        misuse({.where = "has_finite_values",
                .expected = "a type whose values are numbers",
                .came = ggml_type_name(type)});
    }
    convert(bytes.data(), values.data(), static_cast<std::int64_t>(values.size()));
}

}  // namespace

bool has_finite_values(const GgufFile& file, const GgufTensorInfo& tensor) {
    const ggml_type type = type_of(tensor.type);
    const auto block = static_cast<std::size_t>(ggml_blck_size(type));
    const std::size_t block_bytes = ggml_type_size(type);
    std::ifstream in(file.path(), std::ios::binary);
    in.seekg(static_cast<std::streamoff>(tensor.offset));
    std::vector<char> bytes;
    std::vector<float> values;
    for (std::uint64_t left = tensor.bytes / block_bytes; left > 0;) {
        const auto blocks = std::min<std::uint64_t>(left, kValuesAtOnce / block);
        bytes.resize(blocks * block_bytes);
        values.resize(blocks * block);
        if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
            fail({.where = "has_finite_values",
                  .expected = "to read tensor '" + tensor.name + "'",
                  .came = "a file that changed meanwhile, '" + file.path().string() + "'"});
        }
        to_floats(type, bytes, values);
        if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) {
            return false;
        }
        left -= blocks;
    }
    return true;
}

}  // namespace otherwise
