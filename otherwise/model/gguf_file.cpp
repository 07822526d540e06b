#include "otherwise/model/gguf_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <fstream>

#include "gguf.h"
#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/text.h"
#include "otherwise/model/log.h"

namespace otherwise {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::string_view kAgain = "copy or download it again";

[[noreturn]] void refuse(std::string came, std::string_view advice = "") {
    fail({.where = "GgufFile",
          .expected = "a GGUF file",
          .came = std::move(came),
          .advice = std::string(advice)});
}

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

/// What downloads leave where a model should be.
void refuse_by_start(const std::filesystem::path& path) {
    constexpr std::size_t kStart = 512;
    std::string start(kStart, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(start.data(), kStart);
    start.resize(static_cast<std::size_t>(file.gcount()));
    if (start.starts_with("version https://git-lfs")) {
        refuse("a Git LFS pointer, not the file itself, " + quoted(path),
               "fetch it with `git lfs pull`");
    }
    const auto sign = start.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    std::string word = sign == std::string::npos ? "" : start.substr(sign, 9);
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (word.starts_with("<!doctype") || word.starts_with("<html")) {
        refuse("a web page, " + quoted(path),
               "download the file itself (on a model hub the link that says 'download', or "
               "'resolve' in place of 'blob' in the address)");
    }
    if (word.starts_with("pk\x03\x04")) {
        refuse("a ZIP archive or a PyTorch file, " + quoted(path), "convert it to GGUF first");
    }
    if (start.size() > 8 && start[8] == '{') {
        refuse("a safetensors file, " + quoted(path), "convert it to GGUF first");
    }
}

/// The checks before anything is parsed; the file's size in bytes.
std::uint64_t check_start(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        refuse("no such file, " + quoted(path));
    }
    if (std::filesystem::is_directory(status)) {
        refuse("a folder, " + quoted(path));
    }
    if (!std::filesystem::is_regular_file(status)) {
        refuse("something that is not a file, " + quoted(path));
    }
    const auto size = std::filesystem::file_size(path, error);
    if (error) {
        refuse(error.message() + ", " + quoted(path));
    }
    if (size == 0) {
        refuse("an empty file, " + quoted(path), kAgain);
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        refuse("a file that cannot be read, " + quoted(path));
    }
    std::array<char, kMagic.size()> magic{};
    file.read(magic.data(), magic.size());
    if (file.bad()) {
        refuse("a file whose start cannot be read, " + quoted(path));
    }
    if (std::string_view(magic.data(), magic.size()) != kMagic) {
        refuse_by_start(path);
        refuse("a file of another kind, " + quoted(path),
               "a GGUF starts with the letters 'GGUF'; convert the model first");
    }
    return size;
}

std::optional<double> as_number(const gguf_context* context, std::int64_t key) {
    switch (gguf_get_kv_type(context, key)) {
        case GGUF_TYPE_UINT8:
            return gguf_get_val_u8(context, key);
        case GGUF_TYPE_INT8:
            return gguf_get_val_i8(context, key);
        case GGUF_TYPE_UINT16:
            return gguf_get_val_u16(context, key);
        case GGUF_TYPE_INT16:
            return gguf_get_val_i16(context, key);
        case GGUF_TYPE_UINT32:
            return gguf_get_val_u32(context, key);
        case GGUF_TYPE_INT32:
            return gguf_get_val_i32(context, key);
        case GGUF_TYPE_FLOAT32:
            return static_cast<double>(gguf_get_val_f32(context, key));
        case GGUF_TYPE_BOOL:
            return gguf_get_val_bool(context, key) ? 1.0 : 0.0;
        case GGUF_TYPE_UINT64:
            return static_cast<double>(gguf_get_val_u64(context, key));
        case GGUF_TYPE_INT64:
            return static_cast<double>(gguf_get_val_i64(context, key));
        case GGUF_TYPE_FLOAT64:
            return gguf_get_val_f64(context, key);
        default:
            return std::nullopt;
    }
}

template <typename T>
double element(const void* values, std::size_t i) {
    T value{};
    std::memcpy(&value, static_cast<const char*>(values) + i * sizeof(T), sizeof(T));
    return static_cast<double>(value);
}

/// A number of an array of a type that is no text.
double array_number(gguf_type type, const void* values, std::size_t i) {
    switch (type) {
        case GGUF_TYPE_UINT8:
        case GGUF_TYPE_BOOL:
            return element<std::uint8_t>(values, i);
        case GGUF_TYPE_INT8:
            return element<std::int8_t>(values, i);
        case GGUF_TYPE_UINT16:
            return element<std::uint16_t>(values, i);
        case GGUF_TYPE_INT16:
            return element<std::int16_t>(values, i);
        case GGUF_TYPE_UINT32:
            return element<std::uint32_t>(values, i);
        case GGUF_TYPE_INT32:
            return element<std::int32_t>(values, i);
        case GGUF_TYPE_FLOAT32:
            return element<float>(values, i);
        case GGUF_TYPE_UINT64:
            return element<std::uint64_t>(values, i);
        case GGUF_TYPE_INT64:
            return element<std::int64_t>(values, i);
        case GGUF_TYPE_FLOAT64:
            return element<double>(values, i);
        default:
            return 0.0;
    }
}

std::int64_t find_key(const gguf_context* context, std::string_view key) {
    return gguf_find_key(context, std::string(key).c_str());
}

}  // namespace

void GgufFile::Deleter::operator()(gguf_context* context) const { gguf_free(context); }

GgufFile GgufFile::open(const std::filesystem::path& path) {
    take_backend_log();
    GgufFile file;
    file.path_ = path;
    file.file_bytes_ = check_start(path);
    clear_backend_errors();
    file.context_.reset(gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = nullptr}));
    if (!file.context_) {
        const std::string reason = last_backend_error();
        refuse("a damaged or truncated one, " + quoted(path) +
                   (reason.empty() ? "" : " (" + to_utf8(reason) + ")"),
               kAgain);
    }
    for (std::int64_t i = 0; i < gguf_get_n_kv(file.context_.get()); ++i) {
        if (*gguf_get_key(file.context_.get(), i) == '\0') {  // of which no copy can be made
            refuse("a damaged one, " + quoted(path) + " (a key begins with a zero byte)", kAgain);
        }
    }
    file.read_tensors();
    return file;
}

void GgufFile::read_tensors() {
    const std::uint64_t start = gguf_get_data_offset(context_.get());
    std::uint64_t end = 0;
    for (std::int64_t i = 0; i < gguf_get_n_tensors(context_.get()); ++i) {
        GgufTensorInfo tensor;
        tensor.name = gguf_get_tensor_name(context_.get(), i);
        tensor.type = ggml_type_name(gguf_get_tensor_type(context_.get(), i));
        const std::int64_t* ne = gguf_get_tensor_ne(context_.get(), i);
        tensor.shape.assign(ne, ne + GGML_MAX_DIMS);
        while (tensor.shape.size() > 1 && tensor.shape.back() == 1) {
            tensor.shape.pop_back();
        }
        const std::uint64_t from = gguf_get_tensor_offset(context_.get(), i);
        tensor.offset = start + from;
        tensor.bytes = gguf_get_tensor_size(context_.get(), i);
        end = std::max(end, from + tensor.bytes);  // gguf_init checked that this does not overflow
        tensors_.push_back(std::move(tensor));
    }
    if (!tensors_.empty() && (start > file_bytes_ || end > file_bytes_ - start)) {
        refuse("a truncated one, " + quoted(path_) + " (" + std::to_string(file_bytes_) +
                   " bytes of " + std::to_string(start + end) + ")",
               kAgain);
    }
}

std::optional<std::string> GgufFile::text(std::string_view key) const {
    const auto id = find_key(context_.get(), key);
    if (id < 0 || gguf_get_kv_type(context_.get(), id) != GGUF_TYPE_STRING) {
        return std::nullopt;
    }
    return gguf_get_val_str(context_.get(), id);
}

std::optional<double> GgufFile::number(std::string_view key) const {
    const auto id = find_key(context_.get(), key);
    return id < 0 ? std::nullopt : as_number(context_.get(), id);
}

bool GgufFile::is_f32(std::string_view key) const {
    const auto id = find_key(context_.get(), key);
    return id >= 0 && gguf_get_kv_type(context_.get(), id) == GGUF_TYPE_FLOAT32;
}

std::optional<Tokens> GgufFile::tokens(std::string_view key) const {
    const gguf_context* context = context_.get();
    const auto id = find_key(context, key);
    if (id < 0 || gguf_get_kv_type(context, id) != GGUF_TYPE_ARRAY) {
        return std::nullopt;
    }
    const auto type = gguf_get_arr_type(context, id);
    if (type != GGUF_TYPE_UINT32 && type != GGUF_TYPE_INT32) {
        return std::nullopt;
    }
    Tokens values(gguf_get_arr_n(context, id));
    if (!values.empty()) {
        std::memcpy(values.data(), gguf_get_arr_data(context, id), values.size() * sizeof(Token));
    }
    return values;
}

std::optional<std::vector<double>> GgufFile::numbers(std::string_view key) const {
    const gguf_context* context = context_.get();
    const auto id = find_key(context, key);
    if (id < 0 || gguf_get_kv_type(context, id) != GGUF_TYPE_ARRAY) {
        const auto one = number(key);
        return one ? std::optional(std::vector{*one}) : std::nullopt;
    }
    const auto type = gguf_get_arr_type(context, id);
    if (type == GGUF_TYPE_STRING) {
        return std::nullopt;
    }
    std::vector<double> values(gguf_get_arr_n(context, id));
    const auto* bytes = values.empty() ? nullptr : gguf_get_arr_data(context, id);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = array_number(type, bytes, i);
    }
    return values;
}

std::optional<std::vector<std::string>> GgufFile::texts(std::string_view key) const {
    const gguf_context* context = context_.get();
    const auto id = find_key(context, key);
    if (id < 0 || gguf_get_kv_type(context, id) != GGUF_TYPE_ARRAY ||
        gguf_get_arr_type(context, id) != GGUF_TYPE_STRING) {
        return std::nullopt;
    }
    std::vector<std::string> values(gguf_get_arr_n(context, id));
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = gguf_get_arr_str(context, id, i);
    }
    return values;
}

std::string GgufFile::value(std::int64_t key) const {
    const gguf_context* context = context_.get();
    switch (gguf_get_kv_type(context, key)) {
        case GGUF_TYPE_STRING:
            return gguf_get_val_str(context, key);
        case GGUF_TYPE_ARRAY:
            return "[" + std::to_string(gguf_get_arr_n(context, key)) + " values]";
        case GGUF_TYPE_BOOL:
            return gguf_get_val_bool(context, key) ? "true" : "false";
        case GGUF_TYPE_UINT64:
            return std::to_string(gguf_get_val_u64(context, key));
        case GGUF_TYPE_INT64:
            return std::to_string(gguf_get_val_i64(context, key));
        case GGUF_TYPE_FLOAT32:
        case GGUF_TYPE_FLOAT64: {
            std::array<char, 32> digits{};
            const double number = as_number(context, key).value_or(0.0);
            const int length = std::snprintf(digits.data(), digits.size(), "%g", number);
            return {digits.data(), static_cast<std::size_t>(length)};
        }
        default:
            return std::to_string(static_cast<std::int64_t>(as_number(context, key).value_or(0.0)));
    }
}

std::vector<std::pair<std::string, std::string>> GgufFile::metadata() const {
    const std::int64_t count = gguf_get_n_kv(context_.get());
    std::vector<std::pair<std::string, std::string>> all;
    all.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        all.emplace_back(gguf_get_key(context_.get(), i), value(i));
    }
    return all;
}

std::optional<GgufValue> GgufFile::typed_value(std::int64_t key) const {
    const gguf_context* context = context_.get();
    switch (gguf_get_kv_type(context, key)) {
        case GGUF_TYPE_STRING:
            return gguf_get_val_str(context, key);
        case GGUF_TYPE_FLOAT32:
            return gguf_get_val_f32(context, key);
        case GGUF_TYPE_INT32:
            return gguf_get_val_i32(context, key);
        case GGUF_TYPE_UINT32:
            return gguf_get_val_u32(context, key);
        default:
            return std::nullopt;
    }
}

FileNotes GgufFile::notes() const {
    FileNotes notes;
    for (std::int64_t i = 0; i < gguf_get_n_kv(context_.get()); ++i) {
        const std::string key = gguf_get_key(context_.get(), i);
        auto value = key.starts_with(kNotesPrefix) ? typed_value(i) : std::nullopt;
        if (value) {
            notes.emplace_back(key, std::move(*value));
        }
    }
    return notes;
}

void check_notes(const FileNotes& notes) {
    for (const auto& [key, value] : notes) {
        if (!key.starts_with(kNotesPrefix)) {
            misuse({.where = "check_notes",
                    .expected = "notes under " + std::string(kNotesPrefix),
                    .came = "'" + key + "'"});
        }
    }
}

std::optional<std::string> note_text(const FileNotes& notes, std::string_view key) {
    const auto at = std::find_if(notes.begin(), notes.end(),
                                 [&](const auto& note) { return note.first == key; });
    const auto* text = at == notes.end() ? nullptr : std::get_if<std::string>(&at->second);
    return text == nullptr ? std::nullopt : std::optional(*text);
}

const GgufTensorInfo* GgufFile::find(std::string_view name) const {
    const auto at = std::find_if(tensors_.begin(), tensors_.end(),
                                 [&](const GgufTensorInfo& t) { return t.name == name; });
    return at == tensors_.end() ? nullptr : &*at;
}

std::vector<float> GgufFile::read_f32(const GgufTensorInfo& tensor) const {
    if (tensor.type != "f32") {
        fail({.where = "GgufFile::read_f32",
              .expected = "tensor '" + tensor.name + "' as f32 in " + quoted(path_),
              .came = tensor.type});
    }
    const auto free = free_memory();
    if (free > 0 && tensor.bytes > free) {  // a file may be long and empty
        fail({.where = "GgufFile::read_f32",
              .expected = "memory for tensor '" + tensor.name + "' of " + quoted(path_) + ", " +
                          std::to_string(tensor.bytes) + " bytes",
              .came = std::to_string(free) + " that are free"});
    }
    std::vector<float> values(tensor.bytes / sizeof(float));
    std::ifstream file(path_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(tensor.offset));
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(tensor.bytes));
    if (!file) {
        fail({.where = "GgufFile::read_f32",
              .expected = "to read tensor '" + tensor.name + "'",
              .came = "a file that changed meanwhile, " + quoted(path_)});
    }
    return values;
}

std::string GgufFile::architecture() const { return text("general.architecture").value_or(""); }
std::string GgufFile::type() const { return text("general.type").value_or(""); }

}  // namespace otherwise
