#include "otherwise/model/dense.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/megabytes.h"
#include "otherwise/base/processors.h"
#include "otherwise/base/text.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/log.h"

namespace otherwise {
namespace {

struct Type {
    std::string_view name;
    llama_ftype ftype;
    std::size_t bytes;
};

constexpr std::array kTypes = {Type{"f16", LLAMA_FTYPE_MOSTLY_F16, 2},
                               Type{"bf16", LLAMA_FTYPE_MOSTLY_BF16, 2},
                               Type{"f32", LLAMA_FTYPE_ALL_F32, 4}};

const Type& find_type(std::string_view name) {
    const auto* found = std::ranges::find(kTypes, name, &Type::name);
    if (found == kTypes.end()) {
        misuse({.where = "dense_types",
                .expected = "weights as f16, bf16 or f32",
                .came = "'" + to_utf8(name) + "'"});
    }
    return *found;
}

std::size_t count_of(const GgufTensorInfo& tensor) {
    std::size_t count = 1;
    for (const auto n : tensor.shape) {
        count *= static_cast<std::size_t>(n);
    }
    return count;
}

/// llama.cpp leaves vectors (norms, biases) as they are.
bool is_matrix(const GgufTensorInfo& tensor) { return tensor.shape.size() > 1; }

int memory_file(std::size_t bytes, std::string_view type) {
    require_dense_memory(bytes, free_memory(), type);
    const int fd = ::memfd_create("otherwise-weights", MFD_CLOEXEC);
    if (fd < 0) {
        fail({.where = "DenseCopy",
              .expected = "a file in memory for the weights",
              .came = std::strerror(errno)});  // NOLINT(concurrency-mt-unsafe)
    }
    return fd;
}

}  // namespace

void check_dense_type(std::string_view type) { (void)find_type(type); }

std::size_t dense_bytes(const std::vector<std::filesystem::path>& files, std::string_view type) {
    const auto each = find_type(type).bytes;
    std::size_t bytes = 0;
    for (const auto& file : files) {
        const auto open = GgufFile::open(file);
        for (const auto& tensor : open.tensors()) {
            bytes += is_matrix(tensor) ? count_of(tensor) * each : tensor.bytes;
        }
    }
    return bytes;
}

bool is_dense(const std::vector<std::filesystem::path>& files, std::string_view type) {
    check_dense_type(type);
    bool some = type == "f32";
    for (const auto& file : files) {
        const auto open = GgufFile::open(file);
        for (const auto& tensor : open.tensors()) {
            if (is_matrix(tensor) && tensor.type != type && tensor.type != "f32") {
                return false;
            }
            some = some || (is_matrix(tensor) && tensor.type == type);
        }
    }
    return some;
}

void require_dense_memory(std::size_t bytes, std::size_t free, std::string_view type) {
    if (free > 0 && bytes > free) {
        fail({.where = "DenseCopy",
              .expected = needed_megabytes(bytes) + " of free memory for the weights as " +
                          std::string(type),
              .came = given_megabytes(free),
              .advice = find_type(type).bytes > 2
                            ? "try f16, half as much, or the weights as they are stored"
                            : "try a smaller model, or the weights as they are stored"});
    }
}

bool is_quantized(const std::vector<std::filesystem::path>& files) {
    return std::ranges::any_of(files, [](const std::filesystem::path& file) {
        const auto open = GgufFile::open(file);
        return std::ranges::any_of(open.tensors(), [](const GgufTensorInfo& tensor) {
            return is_matrix(tensor) &&
                   std::ranges::find(kTypes, tensor.type, &Type::name) == kTypes.end();
        });
    });
}

DenseCopy::DenseCopy(const std::vector<std::filesystem::path>& files, std::string_view type)
    : fd_(memory_file(dense_bytes(files, type), type)) {
    const Type& wanted = find_type(type);
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = wanted.ftype;
    params.nthread = processors();
    params.allow_requantize = true;
    clear_backend_errors();
    if (llama_model_quantize(files.front().c_str(), path().c_str(), &params) == 0) {
        return;
    }
    const std::string reason = last_backend_error();
    ::close(fd_);
    const bool too_large = reason.find("validation failed") != std::string::npos;
    fail({.where = "DenseCopy",
          .expected = "weights that fit " + std::string(wanted.name),
          .came = "'" + files.front().string() + "' (" +
                  (reason.empty() ? "no reason given" : to_utf8(reason)) + ")",
          .advice =
              too_large && wanted.name == "f16" ? "try bf16 or f32, which hold larger ones" : ""});
}

DenseCopy::~DenseCopy() { ::close(fd_); }

std::filesystem::path DenseCopy::path() const { return "/proc/self/fd/" + std::to_string(fd_); }

}  // namespace otherwise
