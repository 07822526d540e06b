// GGUF files of any metadata and types, written with ggml's own API (the library writes f32 tensors
// and single values only). Tensors are zeros.
#pragma once

#include <ggml-cpp.h>
#include <gguf.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace otherwise::test {

class GgufMaker {
public:
    explicit GgufMaker(const std::string& architecture) {
        text("general.architecture", architecture);
    }

    GgufMaker& text(const std::string& key, const std::string& value) {
        gguf_set_val_str(file_.get(), key.c_str(), value.c_str());
        return *this;
    }
    GgufMaker& whole(const std::string& key, std::uint32_t value) {
        gguf_set_val_u32(file_.get(), key.c_str(), value);
        return *this;
    }
    GgufMaker& real(const std::string& key, float value) {
        gguf_set_val_f32(file_.get(), key.c_str(), value);
        return *this;
    }
    GgufMaker& wholes(const std::string& key, const std::vector<std::uint32_t>& values) {
        gguf_set_arr_data(file_.get(), key.c_str(), GGUF_TYPE_UINT32, values.data(), values.size());
        return *this;
    }
    GgufMaker& texts(const std::string& key, const std::vector<const char*>& values) {
        auto copy = values;
        gguf_set_arr_str(file_.get(), key.c_str(), copy.data(), copy.size());
        return *this;
    }
    GgufMaker& tensor(const std::string& name, ggml_type type, std::int64_t columns,
                      std::int64_t rows = 1) {
        ggml_tensor* made = ggml_new_tensor_2d(tensors_.get(), type, columns, rows);
        ggml_set_name(made, name.c_str());
        std::memset(made->data, 0, ggml_nbytes(made));
        gguf_add_tensor(file_.get(), made);
        return *this;
    }
    void write(const std::filesystem::path& path) const {
        if (!gguf_write_to_file(file_.get(), path.c_str(), false)) {
            throw std::runtime_error("cannot write " + path.string());
        }
    }

private:
    static constexpr std::size_t kMemory = std::size_t{1} << 20U;
    gguf_context_ptr file_{gguf_init_empty()};
    ggml_context_ptr tensors_{
        ggml_init({.mem_size = kMemory, .mem_buffer = nullptr, .no_alloc = false})};
};

}  // namespace otherwise::test
