// A GGUF file's header: metadata and the list of tensors, read without trusting the file.
//
// llama.cpp maps a file and believes its header, so every file is checked here first: it is there,
// it is a GGUF, and each tensor that the header describes lies within the file. Costs one read of
// the header (a few MB, mostly the vocabulary), whatever the size of the tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "otherwise/base/token.h"

struct gguf_context;

namespace otherwise {

using GgufValue = std::variant<std::string, float, std::int32_t, std::uint32_t>;

/// How a file came to be: metadata under "otherwise.fit.", whole keys, in the file's order.
using FileNotes = std::vector<std::pair<std::string, GgufValue>>;
inline constexpr std::string_view kNotesPrefix = "otherwise.fit.";

struct GgufTensorInfo {
    std::string name;
    std::string type;                 ///< "f32", "q4_0", … as ggml names it
    std::vector<std::int64_t> shape;  ///< ggml's order: the first runs fastest; no trailing 1s
    std::uint64_t offset = 0;         ///< bytes from the start of the file
    std::uint64_t bytes = 0;
};

class GgufFile {
public:
    /// Throws Error: no such file, a directory or device, empty, not a GGUF, a header that makes no
    /// sense, a tensor that ends past the end of the file (truncated).
    [[nodiscard]] static GgufFile open(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// A text value; nothing when the key is absent or no text.
    [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
    /// A number or a bool; nothing when the key is absent or neither.
    [[nodiscard]] std::optional<double> number(std::string_view key) const;
    /// Whether the key is there with a number kept as f32.
    [[nodiscard]] bool is_f32(std::string_view key) const;
    /// An array of integers; nothing when the key is absent or another value.
    [[nodiscard]] std::optional<Tokens> tokens(std::string_view key) const;
    /// An array of numbers or bools, or one of them alone; nothing when the key is absent or
    /// another value.
    [[nodiscard]] std::optional<std::vector<double>> numbers(std::string_view key) const;
    /// An array of texts; nothing when the key is absent or another value.
    [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key) const;
    /// Every key in the file's order, its value as text; an array as "[n values]".
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> metadata() const;
    /// The keys under kNotesPrefix; values of a type that GgufValue has not are left out.
    [[nodiscard]] FileNotes notes() const;
    [[nodiscard]] const std::vector<GgufTensorInfo>& tensors() const { return tensors_; }
    [[nodiscard]] const GgufTensorInfo* find(std::string_view name) const;  ///< nullptr without
    /// The values of an f32 tensor. Throws Error for another type or an unreadable file.
    [[nodiscard]] std::vector<float> read_f32(const GgufTensorInfo& tensor) const;

    /// "llama", "controlvector"; "" without.
    [[nodiscard]] std::string architecture() const;
    /// general.type: "model", "adapter", "mmproj", "imatrix"; "" without.
    [[nodiscard]] std::string type() const;

private:
    struct Deleter {
        void operator()(gguf_context* context) const;
    };
    GgufFile() = default;
    void read_tensors();
    [[nodiscard]] std::string value(std::int64_t key) const;
    [[nodiscard]] std::optional<GgufValue> typed_value(std::int64_t key) const;

    std::filesystem::path path_;
    std::uint64_t file_bytes_ = 0;
    std::unique_ptr<gguf_context, Deleter> context_;
    std::vector<GgufTensorInfo> tensors_;
};

/// Throws Error with what the file is instead when it is no model that writes text from left to
/// right: an adapter, a control vector, a projector, an encoder, a diffusion model.
void require_model(const GgufFile& file);

/// Throws Error with what the file is instead when it is no model that makes vectors of texts: an
/// adapter, a projector, a reranker, a language model that declares no pooling.
void require_embedding_model(const GgufFile& file);

/// A tensor to write.
struct GgufTensor {
    std::string name;                 ///< at most 63 bytes
    std::vector<std::int64_t> shape;  ///< ggml's order, 1 to 4 numbers
    std::vector<float> values;        ///< [product of shape]
};

/// Throws misuse for a note whose key does not start with kNotesPrefix.
void check_notes(const FileNotes& notes);

/// The text of a note; nothing when it is absent or no text.
[[nodiscard]] std::optional<std::string> note_text(const FileNotes& notes, std::string_view key);

/// Writes a GGUF of f32 tensors, whole or not at all. Throws Error: a name too long or used twice,
/// a shape that does not fit its values, a disk that does not take it.
void write_gguf(const std::filesystem::path& path,
                const std::vector<std::pair<std::string, GgufValue>>& metadata,
                std::span<const GgufTensor> tensors);

}  // namespace otherwise
