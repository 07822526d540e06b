#include "otherwise/model/lora_alpha.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "ggml-cpp.h"
#include "gguf.h"
#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr const char* kAlpha = "adapter.lora.alpha";

[[noreturn]] void refuse(const GgufFile& file, const std::string& expected) {
    fail({.where = "open_lora",
          .expected = expected + " '" + file.path().string() + "'",
          .came = "'" + std::generic_category().message(errno) + "'"});
}

/// An empty file that has no name.
OpenFile memory_file(const GgufFile& file) {
    const int fd = ::memfd_create("otherwise-lora", MFD_CLOEXEC);
    OpenFile memory(fd < 0 ? nullptr : ::fdopen(fd, "w+b"));
    if (!memory) {
        refuse(file, "a file in memory for");
    }
    return memory;
}

/// The file with alpha as f32.
OpenFile rewritten(const GgufFile& file, float alpha) {
    ggml_context* data = nullptr;
    const gguf_context_ptr from(
        gguf_init_from_file(file.path().c_str(), {.no_alloc = false, .ctx = &data}));
    const ggml_context_ptr tensors(data);
    if (!from) {
        refuse(file, "to read");
    }
    const gguf_context_ptr to(gguf_init_empty());
    gguf_set_kv(to.get(), from.get());
    gguf_remove_key(to.get(), "general.alignment");  // the copy has the usual one
    gguf_remove_key(to.get(), kAlpha);
    gguf_set_val_f32(to.get(), kAlpha, alpha);
    for (std::int64_t i = 0; i < gguf_get_n_tensors(from.get()); ++i) {
        gguf_add_tensor(to.get(), ggml_get_tensor(data, gguf_get_tensor_name(from.get(), i)));
    }
    OpenFile memory = memory_file(file);
    if (!gguf_write_to_file_ptr(to.get(), memory.get(), false) || std::fflush(memory.get()) != 0 ||
        std::fseek(memory.get(), 0, SEEK_SET) != 0) {
        refuse(file, "memory for");
    }
    return memory;
}

}  // namespace

OpenFile open_lora(const GgufFile& file) {
    if (const auto alpha = file.number(kAlpha); alpha && !file.is_f32(kAlpha)) {
        return rewritten(file, static_cast<float>(*alpha));
    }
    OpenFile opened(std::fopen(file.path().c_str(), "rb"));
    if (!opened) {
        refuse(file, "to read");
    }
    return opened;
}

}  // namespace otherwise
