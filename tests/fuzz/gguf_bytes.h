// GGUF files byte by byte, so that wrong ones can be written as well as right ones (the library and
// ggml refuse to).
#pragma once

#include <ggml.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise::fuzz {

/// GGUF's types of values.
enum ValueType : std::uint32_t { kU32 = 4, kI32 = 5, kF32 = 6, kText = 8, kArray = 9 };

template <typename T>
void put(std::string& to, T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    to.append(bytes, sizeof(T));
}

inline void put_text(std::string& to, std::string_view text) {
    put<std::uint64_t>(to, text.size());
    to += text;
}

struct GgufKey {
    std::string name;
    std::uint32_t type = kU32;
    std::string value;  ///< as it stands in the file
};

struct GgufRows {
    std::string name;
    std::vector<std::uint64_t> shape;
    std::uint32_t type = GGML_TYPE_F32;
    std::string data;
    std::optional<std::uint64_t> offset{};  ///< none: where it is
};

/// A file before it is written.
struct GgufBytes {
    std::vector<GgufKey> keys{};
    std::vector<GgufRows> tensors{};
    std::uint64_t alignment = 32;

    GgufBytes& text(const std::string& name, std::string_view value) {
        keys.push_back({.name = name, .type = kText, .value = {}});
        put_text(keys.back().value, value);
        return *this;
    }
    GgufBytes& whole(const std::string& name, std::uint32_t value) {
        keys.push_back({.name = name, .type = kU32, .value = {}});
        put(keys.back().value, value);
        return *this;
    }
    GgufBytes& real(const std::string& name, float value) {
        keys.push_back({.name = name, .type = kF32, .value = {}});
        put(keys.back().value, value);
        return *this;
    }
    GgufBytes& texts(const std::string& name, const std::vector<std::string>& values) {
        std::string& bytes = array(name, kText, values.size());
        for (const auto& value : values) {
            put_text(bytes, value);
        }
        return *this;
    }
    GgufBytes& wholes(const std::string& name, const std::vector<std::uint32_t>& values) {
        std::string& bytes = array(name, kI32, values.size());
        for (const auto value : values) {
            put(bytes, value);
        }
        return *this;
    }
    /// Small numbers, of no order.
    GgufBytes& rows(const std::string& name, std::vector<std::uint64_t> shape) {
        GgufRows tensor{.name = name, .shape = std::move(shape), .data = {}};
        std::uint64_t count = 1;
        for (const auto n : tensor.shape) {
            count *= n;
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto mixed = (i + 7 * tensors.size()) * 2654435761U % 1000;
            put(tensor.data, (static_cast<float>(mixed) - 500.0F) / 2000.0F);
        }
        tensors.push_back(std::move(tensor));
        return *this;
    }

    [[nodiscard]] std::string written() const {
        std::string head = "GGUF";
        put<std::uint32_t>(head, 3);
        put<std::uint64_t>(head, tensors.size());
        put<std::uint64_t>(head, keys.size());
        for (const auto& key : keys) {
            put_text(head, key.name);
            put(head, key.type);
            head += key.value;
        }
        std::string data;
        for (const auto& tensor : tensors) {
            put_text(head, tensor.name);
            put<std::uint32_t>(head, static_cast<std::uint32_t>(tensor.shape.size()));
            for (const auto n : tensor.shape) {
                put(head, n);
            }
            put(head, tensor.type);
            put<std::uint64_t>(head, tensor.offset.value_or(data.size()));
            data += tensor.data;
            pad(data);
        }
        pad(head);
        return head + data;
    }

private:
    std::string& array(const std::string& name, std::uint32_t type, std::size_t count) {
        keys.push_back({.name = name, .type = kArray, .value = {}});
        put(keys.back().value, type);
        put<std::uint64_t>(keys.back().value, count);
        return keys.back().value;
    }
    void pad(std::string& bytes) const {
        const std::uint64_t step = std::clamp<std::uint64_t>(alignment, 1, 4096);
        bytes.resize((bytes.size() + step - 1) / step * step);
    }
};

}  // namespace otherwise::fuzz
