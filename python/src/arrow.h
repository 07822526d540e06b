// Apache Arrow's C stream interface: its structs, word for word, and tables through them.
// Source: arrow.apache.org, "The Arrow C data interface" and "The Arrow C stream interface".
#pragma once

#include <cstdint>

#include "python/src/table.h"

extern "C" {

struct ArrowSchema {
    const char* format;
    const char* name;
    const char* metadata;
    std::int64_t flags;
    std::int64_t n_children;
    ArrowSchema** children;
    ArrowSchema* dictionary;
    void (*release)(ArrowSchema*);
    void* private_data;
};

struct ArrowArray {
    std::int64_t length;
    std::int64_t null_count;
    std::int64_t offset;
    std::int64_t n_buffers;
    std::int64_t n_children;
    const void** buffers;
    ArrowArray** children;
    ArrowArray* dictionary;
    void (*release)(ArrowArray*);
    void* private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
    int (*get_next)(ArrowArrayStream*, ArrowArray* out);
    const char* (*get_last_error)(ArrowArrayStream*);
    void (*release)(ArrowArrayStream*);
    void* private_data;
};

}  // extern "C"

namespace otherwise::python {

/// A stream of the table as one batch; it keeps the table alive. Whoever takes it calls release.
void export_stream(const SharedColumns& table, ArrowArrayStream& out);

/// The table of a stream, which is used up but not released. Texts, whole numbers, floating-point
/// numbers, booleans, lists of numbers, and dictionaries of texts. Throws misuse that names a
/// column of another type; Error where the stream fails.
[[nodiscard]] SharedColumns import_stream(ArrowArrayStream& stream);

}  // namespace otherwise::python
