#include "python/src/arrow.h"

#include <array>
#include <cerrno>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace otherwise::python {
namespace {

constexpr std::int64_t kNullable = 2;  // ARROW_FLAG_NULLABLE

const char* format_of(ColumnType type) {
    switch (type) {
        case ColumnType::text:
            return "U";
        case ColumnType::whole:
            return "l";
        case ColumnType::real:
            return "g";
        case ColumnType::flag:
            return "b";
        default:
            return "+L";
    }
}

/// What a schema points at, itself and below.
struct SchemaParts {
    std::string name;
    std::deque<ArrowSchema> children;
    std::vector<ArrowSchema*> pointers;
};

void release_schema(ArrowSchema* schema) {
    const std::unique_ptr<SchemaParts> parts(static_cast<SchemaParts*>(schema->private_data));
    for (auto& child : parts->children) {
        if (child.release != nullptr) {
            child.release(&child);
        }
    }
    schema->release = nullptr;
}

SchemaParts& make_schema(ArrowSchema& out, const char* format, const std::string& name,
                         std::size_t children) {
    auto parts = std::make_unique<SchemaParts>();
    parts->name = name;
    parts->children.resize(children);
    for (auto& child : parts->children) {
        parts->pointers.push_back(&child);
    }
    SchemaParts& made = *parts;
    out = {.format = format,
           .name = made.name.c_str(),
           .metadata = nullptr,
           .flags = kNullable,
           .n_children = static_cast<std::int64_t>(children),
           .children = made.pointers.data(),
           .dictionary = nullptr,
           .release = release_schema,
           .private_data = parts.release()};
    return made;
}

void make_schema(ArrowSchema& out, const Columns& table) {
    SchemaParts& parts = make_schema(out, "+s", "", table.columns.size());
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const Column& column = *table.columns[i];
        ArrowSchema& child = parts.children[i];
        SchemaParts& below =
            make_schema(child, format_of(column.type), column.name, column.is_list() ? 1 : 0);
        if (column.is_list()) {
            const char* format = column.type == ColumnType::tokens ? "i" : "g";
            make_schema(below.children.front(), format, "item", 0);
        }
    }
}

using Bits = std::vector<std::uint8_t>;

Bits packed(const std::vector<std::uint8_t>& flags) {
    Bits bits((flags.size() + 7) / 8);
    for (std::size_t i = 0; i < flags.size(); ++i) {
        bits[i / 8] |= static_cast<std::uint8_t>((flags[i] != 0 ? 1 : 0) << (i % 8));
    }
    return bits;
}

/// What an array points at.
struct ArrayParts {
    SharedColumns table;
    Bits there;
    Bits flags;
    std::array<const void*, 3> buffers{};
    std::deque<ArrowArray> children;
    std::vector<ArrowArray*> pointers;
};

void release_array(ArrowArray* array) {
    const std::unique_ptr<ArrayParts> parts(static_cast<ArrayParts*>(array->private_data));
    for (auto& child : parts->children) {
        if (child.release != nullptr) {  // one that was moved away has none
            child.release(&child);
        }
    }
    array->release = nullptr;
}

ArrayParts& make_array(ArrowArray& out, const SharedColumns& table, std::size_t length,
                       std::int64_t buffers, std::size_t children) {
    auto parts = std::make_unique<ArrayParts>();
    parts->table = table;
    parts->children.resize(children);
    for (auto& child : parts->children) {
        parts->pointers.push_back(&child);
    }
    ArrayParts& made = *parts;
    out = {.length = static_cast<std::int64_t>(length),
           .null_count = 0,
           .offset = 0,
           .n_buffers = buffers,
           .n_children = static_cast<std::int64_t>(children),
           .buffers = made.buffers.data(),
           .children = made.pointers.data(),
           .dictionary = nullptr,
           .release = release_array,
           .private_data = parts.release()};
    return made;
}

const void* numbers_of(const Column& column, ArrayParts& parts) {
    switch (column.type) {
        case ColumnType::whole:
            return column.wholes.data();
        case ColumnType::flag:
            parts.flags = packed(column.flags);
            return parts.flags.data();
        case ColumnType::tokens:
            return column.tokens.data();
        default:
            return column.reals.data();
    }
}

void make_column(ArrowArray& out, const SharedColumns& table, const Column& column) {
    const bool text = column.type == ColumnType::text;
    ArrayParts& parts = make_array(out, table, table->rows, text ? 3 : 2, column.is_list() ? 1 : 0);
    for (const auto there : column.there) {
        out.null_count += there != 0 ? 0 : 1;
    }
    if (out.null_count > 0) {
        parts.there = packed(column.there);
        parts.buffers[0] = parts.there.data();
    }
    if (!text && !column.is_list()) {
        parts.buffers[1] = numbers_of(column, parts);
        return;
    }
    parts.buffers[1] = column.offsets.data();
    parts.buffers[2] = text ? column.bytes.data() : nullptr;
    if (column.is_list()) {
        const auto length = static_cast<std::size_t>(column.offsets.back());
        ArrayParts& items = make_array(parts.children.front(), table, length, 2, 0);
        items.buffers[1] = numbers_of(column, items);
    }
}

void make_array(ArrowArray& out, const SharedColumns& table) {
    ArrayParts& parts = make_array(out, table, table->rows, 1, table->columns.size());
    for (std::size_t i = 0; i < table->columns.size(); ++i) {
        make_column(parts.children[i], table, *table->columns[i]);
    }
}

struct Source {
    SharedColumns table;
    bool given = false;
};

Source& source_of(ArrowArrayStream* stream) { return *static_cast<Source*>(stream->private_data); }

/// Calls the body; only memory can be short.
template <typename Body>
int guarded(const Body& body) {
    try {
        body();
        return 0;
    } catch (...) {
        return ENOMEM;
    }
}

}  // namespace

void export_stream(const SharedColumns& table, ArrowArrayStream& out) {
    out = {.get_schema =
               [](ArrowArrayStream* stream, ArrowSchema* schema) {
                   return guarded([&] { make_schema(*schema, *source_of(stream).table); });
               },
           .get_next =
               [](ArrowArrayStream* stream, ArrowArray* array) {
                   Source& source = source_of(stream);
                   *array = {};  // released: the end
                   return std::exchange(source.given, true)
                              ? 0
                              : guarded([&] { make_array(*array, source.table); });
               },
           .get_last_error = [](ArrowArrayStream* /*stream*/) -> const char* {
               return "out of memory";
           },
           .release =
               [](ArrowArrayStream* stream) {
                   const std::unique_ptr<Source> source(&source_of(stream));
                   stream->release = nullptr;
               },
           .private_data = new Source{.table = table}};
}

}  // namespace otherwise::python
