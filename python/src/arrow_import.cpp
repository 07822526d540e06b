// From Arrow's arrays, any layout of a text or a number, to the columns of table.h.
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "otherwise/base/error.h"
#include "python/src/arrow.h"

namespace otherwise::python {
namespace {

template <typename T>
T at(const void* buffer, std::int64_t i) {
    T value;
    std::memcpy(&value, static_cast<const char*>(buffer) + i * static_cast<std::int64_t>(sizeof(T)),
                sizeof(T));
    return value;
}

bool bit(const void* buffer, std::int64_t i) {
    return ((at<std::uint8_t>(buffer, i / 8) >> (i % 8)) & 1) != 0;
}

[[noreturn]] void refuse(const std::string& name, const std::string& format) {
    misuse({.where = "import_stream",
            .expected = "texts, numbers, booleans or lists of numbers in the column '" + name + "'",
            .came = "Arrow's type '" + format + "'"});
}

/// An array with its schema, read by row.
class Reader {
public:
    Reader(const ArrowSchema& schema, const ArrowArray& array)
        : schema_(&schema), array_(&array), format_(schema.format) {}

    [[nodiscard]] const std::string& format() const { return format_; }
    [[nodiscard]] bool is_null(std::int64_t row) const {
        return format_ == "n" || (array_->null_count != 0 && array_->buffers[0] != nullptr &&
                                  !bit(array_->buffers[0], row + array_->offset));
    }
    [[nodiscard]] bool is_text() const {
        return format_ == "u" || format_ == "U" || format_ == "vu";
    }
    [[nodiscard]] bool is_whole() const {
        return format_.size() == 1 && std::strchr("cCsSiIlL", format_[0]) != nullptr;
    }

    [[nodiscard]] std::string_view text(std::int64_t row) const {
        const std::int64_t i = row + array_->offset;
        const auto* bytes = static_cast<const char*>(array_->buffers[2]);
        if (format_ == "vu") {
            return view(i);
        }
        const auto [from, to] = ends<std::int32_t>("u", i);
        return {bytes + from, static_cast<std::size_t>(to - from)};
    }
    [[nodiscard]] std::int64_t whole(std::int64_t row) const {
        const std::int64_t i = row + array_->offset;
        const void* values = array_->buffers[1];
        switch (format_[0]) {
            case 'c':
                return at<std::int8_t>(values, i);
            case 'C':
                return at<std::uint8_t>(values, i);
            case 's':
                return at<std::int16_t>(values, i);
            case 'S':
                return at<std::uint16_t>(values, i);
            case 'i':
                return at<std::int32_t>(values, i);
            case 'I':
                return at<std::uint32_t>(values, i);
            default:
                return at<std::int64_t>(values, i);
        }
    }
    [[nodiscard]] double real(std::int64_t row) const {
        const std::int64_t i = row + array_->offset;
        return format_ == "f" ? static_cast<double>(at<float>(array_->buffers[1], i))
                              : at<double>(array_->buffers[1], i);
    }
    [[nodiscard]] bool flag(std::int64_t row) const {
        return bit(array_->buffers[1], row + array_->offset);
    }
    /// Each number of the list in this row, by get(items, i).
    template <typename Number, typename Get>
    [[nodiscard]] std::vector<Number> list(std::int64_t row, const Get& get) const {
        const Reader items(*schema_->children[0], *array_->children[0]);
        const auto [from, to] = ends<std::int32_t>("+l", row + array_->offset);
        std::vector<Number> numbers;
        for (std::int64_t i = from; i < to; ++i) {
            numbers.push_back(get(items, i));
        }
        return numbers;
    }

private:
    /// Where row i begins and ends, by offsets that are Small in the format `small`.
    template <typename Small>
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> ends(const char* small,
                                                             std::int64_t i) const {
        const void* offsets = array_->buffers[1];
        if (format_ == small) {
            return {at<Small>(offsets, i), at<Small>(offsets, i + 1)};
        }
        return {at<std::int64_t>(offsets, i), at<std::int64_t>(offsets, i + 1)};
    }
    /// A view: its length, then up to 12 bytes, or 4 of them, a buffer and where in it.
    [[nodiscard]] std::string_view view(std::int64_t i) const {
        constexpr std::int64_t kSize = 16;
        constexpr std::int64_t kInline = 12;
        const char* const start = static_cast<const char*>(array_->buffers[1]) + i * kSize;
        const auto length = at<std::int32_t>(start, 0);
        if (length <= kInline) {
            return {start + 4, static_cast<std::size_t>(length)};
        }
        const auto* bytes =
            static_cast<const char*>(array_->buffers[2 + at<std::int32_t>(start, 2)]);
        return {bytes + at<std::int32_t>(start, 3), static_cast<std::size_t>(length)};
    }

    const ArrowSchema* schema_;
    const ArrowArray* array_;
    std::string format_;
};

ColumnType type_of(const ArrowSchema& schema) {
    const std::string format = schema.format;
    if (schema.dictionary != nullptr || format == "u" || format == "U" || format == "vu" ||
        format == "n") {
        return ColumnType::text;
    }
    if (format == "f" || format == "g") {
        return ColumnType::real;
    }
    if (format == "b") {
        return ColumnType::flag;
    }
    if (format.size() == 1 && std::strchr("cCsSiIlL", format[0]) != nullptr) {
        return ColumnType::whole;
    }
    const std::string name = schema.name == nullptr ? "" : schema.name;
    if (format == "+l" || format == "+L") {
        const auto items = type_of(*schema.children[0]);
        if (items == ColumnType::whole || items == ColumnType::real) {
            return items == ColumnType::whole ? ColumnType::tokens : ColumnType::reals;
        }
        refuse(name, format + " of " + schema.children[0]->format);
    }
    refuse(name, format);
}

void add_row(const ArrowSchema& schema, const ArrowArray& array, std::int64_t row, Column& column) {
    const Reader reader(schema, array);
    if (reader.is_null(row)) {
        column.add_none();
        return;
    }
    switch (column.type) {
        case ColumnType::whole:
            column.add(reader.whole(row));
            return;
        case ColumnType::real:
            column.add(reader.real(row));
            return;
        case ColumnType::flag:
            column.add_flag(reader.flag(row));
            return;
        case ColumnType::tokens:
            column.add(reader.list<Token>(
                row, [](const auto& items, auto i) { return static_cast<Token>(items.whole(i)); }));
            return;
        case ColumnType::reals:
            column.add(
                reader.list<double>(row, [](const auto& items, auto i) { return items.real(i); }));
            return;
        default:
            break;
    }
    if (schema.dictionary == nullptr) {
        column.add(reader.text(row));
        return;
    }
    const Reader words(*schema.dictionary, *array.dictionary);
    if (!words.is_text() || !reader.is_whole()) {
        refuse(column.name, reader.format() + " into " + words.format());
    }
    column.add(words.text(reader.whole(row)));
}

void require(int code, ArrowArrayStream& stream) {
    if (code == 0) {
        return;
    }
    const char* why = stream.get_last_error(&stream);
    fail({.where = "import_stream",
          .expected = "rows of an Arrow stream",
          .came = why == nullptr ? "error " + std::to_string(code) : std::string(why)});
}

/// A struct of the stream's, released at the end.
template <typename T>
struct Owned {
    T value{};
    Owned() = default;
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    Owned(Owned&&) = delete;
    Owned& operator=(Owned&&) = delete;
    ~Owned() {
        if (value.release != nullptr) {
            value.release(&value);
        }
    }
};

}  // namespace

SharedColumns import_stream(ArrowArrayStream& stream) {
    Owned<ArrowSchema> schema;
    require(stream.get_schema(&stream, &schema.value), stream);
    if (std::string(schema.value.format) != "+s") {
        misuse({.where = "import_stream",
                .expected = "a table of columns",
                .came = "an Arrow stream of '" + std::string(schema.value.format) + "'"});
    }
    auto table = std::make_shared<Columns>();
    for (std::int64_t i = 0; i < schema.value.n_children; ++i) {
        const ArrowSchema& child = *schema.value.children[i];
        table->column(child.name == nullptr ? "" : child.name, type_of(child));
    }
    for (;;) {
        Owned<ArrowArray> batch;
        require(stream.get_next(&stream, &batch.value), stream);
        if (batch.value.release == nullptr) {
            return table;
        }
        for (std::int64_t i = 0; i < batch.value.n_children; ++i) {
            for (std::int64_t row = 0; row < batch.value.length; ++row) {
                add_row(*schema.value.children[i], *batch.value.children[i],
                        row + batch.value.offset, *table->columns[static_cast<std::size_t>(i)]);
            }
        }
        table->rows += static_cast<std::size_t>(batch.value.length);
    }
}

}  // namespace otherwise::python
