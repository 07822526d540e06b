// Tables for Python: columns as numpy arrays without copies, Arrow's stream, rows as records.
#include "python/src/table.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <limits>
#include <optional>
#include <utility>

#include "otherwise/base/text.h"
#include "python/src/arrow.h"
#include "python/src/module.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace otherwise::python {

void Column::add(std::string_view text) {
    bytes += text;
    offsets.push_back(static_cast<std::int64_t>(bytes.size()));
    there.push_back(1);
}

void Column::add(std::int64_t whole) {
    wholes.push_back(whole);
    there.push_back(1);
}

void Column::add(double real) {
    reals.push_back(real);
    there.push_back(1);
}

void Column::add_flag(bool flag) {
    flags.push_back(flag ? 1 : 0);
    there.push_back(1);
}

void Column::add(const Tokens& list) {
    tokens.insert(tokens.end(), list.begin(), list.end());
    offsets.push_back(static_cast<std::int64_t>(tokens.size()));
    there.push_back(1);
}

void Column::add(const std::vector<double>& list) {
    reals.insert(reals.end(), list.begin(), list.end());
    offsets.push_back(static_cast<std::int64_t>(reals.size()));
    there.push_back(1);
}

void Column::add_none() {
    switch (type) {
        case ColumnType::whole:
            wholes.push_back(0);
            break;
        case ColumnType::real:
            reals.push_back(std::numeric_limits<double>::quiet_NaN());
            break;
        case ColumnType::flag:
            flags.push_back(0);
            break;
        default:
            offsets.push_back(offsets.back());
    }
    there.push_back(0);
}

Column& Columns::column(std::string name, ColumnType type) {
    auto made = std::make_unique<Column>();
    made->name = std::move(name);
    made->type = type;
    columns.push_back(std::move(made));
    return *columns.back();
}

namespace {

/// What Python holds of a table.
struct TableData {
    SharedColumns columns;
};

template <typename T>
nb::object lent(const SharedColumns& table, const T* data, std::size_t size) {
    auto owner = std::make_unique<SharedColumns>(table);
    const nb::capsule keep(owner.get(), [](void* held) noexcept {
        const std::unique_ptr<SharedColumns> last(static_cast<SharedColumns*>(held));
    });
    (void)owner.release();  // NOLINT(bugprone-unused-return-value): the capsule has it
    return nb::cast(nb::ndarray<nb::numpy, const T, nb::ndim<1>>(data, {size}, keep));
}

nb::list texts_of(const Column& column) {
    nb::list all;
    for (std::size_t row = 0; row + 1 < column.offsets.size(); ++row) {
        const auto from = column.offsets[row];
        const auto size = column.offsets[row + 1] - from;
        if (column.there[row] == 0) {
            all.append(nb::none());
        } else {
            all.append(nb::str(column.bytes.data() + from, static_cast<std::size_t>(size)));
        }
    }
    return all;
}

/// A numpy array, a list of texts, or (values, offsets) of lists.
nb::object values_of(const TableData& table, std::size_t at) {
    const Column& column = *table.columns->columns.at(at);
    switch (column.type) {
        case ColumnType::text:
            return texts_of(column);
        case ColumnType::whole:
            return lent(table.columns, column.wholes.data(), column.wholes.size());
        case ColumnType::real:
            return lent(table.columns, column.reals.data(), column.reals.size());
        case ColumnType::flag:
            // NOLINTNEXTLINE(*-reinterpret-cast): bytes of 0 and 1, which numpy's booleans are
            return lent(table.columns, reinterpret_cast<const bool*>(column.flags.data()),
                        column.flags.size());
        default:
            break;
    }
    const auto offsets = lent(table.columns, column.offsets.data(), column.offsets.size());
    const auto values = column.type == ColumnType::tokens
                            ? lent(table.columns, column.tokens.data(), column.tokens.size())
                            : lent(table.columns, column.reals.data(), column.reals.size());
    return nb::make_tuple(values, offsets);
}

const char* type_name(ColumnType type) {
    constexpr const char* kNames[] = {"text", "whole", "real", "flag", "tokens", "reals"};
    return kNames[static_cast<std::size_t>(type)];
}

nb::capsule stream_of(const TableData& table) {
    auto stream = std::make_unique<ArrowArrayStream>();
    export_stream(table.columns, *stream);
    nb::capsule made(stream.get(), "arrow_array_stream", [](void* held) noexcept {
        const std::unique_ptr<ArrowArrayStream> last(static_cast<ArrowArrayStream*>(held));
        if (last->release != nullptr) {
            last->release(last.get());
        }
    });
    (void)stream.release();  // NOLINT(bugprone-unused-return-value): the capsule has it
    return made;
}

TableData table_of_stream(const nb::capsule& capsule) {
    return {import_stream(*static_cast<ArrowArrayStream*>(capsule.data("arrow_array_stream")))};
}

/// Tables made in Python, a column at a time.
class TableMaker {
public:
    void texts(const std::string& name, const std::vector<std::optional<std::string>>& values) {
        put(table_->column(name, ColumnType::text), values,
            [](Column& column, const std::string& text) { column.add(std::string_view(text)); });
    }
    void wholes(const std::string& name, const std::vector<std::optional<std::int64_t>>& values) {
        put(table_->column(name, ColumnType::whole), values,
            [](Column& column, std::int64_t whole) { column.add(whole); });
    }
    void reals(const std::string& name, const std::vector<std::optional<double>>& values) {
        put(table_->column(name, ColumnType::real), values,
            [](Column& column, double real) { column.add(real); });
    }
    void flags(const std::string& name, const std::vector<std::optional<bool>>& values) {
        put(table_->column(name, ColumnType::flag), values,
            [](Column& column, bool flag) { column.add_flag(flag); });
    }
    void lists(const std::string& name,
               const std::vector<std::optional<std::vector<double>>>& values) {
        put(table_->column(name, ColumnType::reals), values,
            [](Column& column, const std::vector<double>& list) { column.add(list); });
    }
    void token_lists(const std::string& name, const std::vector<std::optional<Tokens>>& values) {
        put(table_->column(name, ColumnType::tokens), values,
            [](Column& column, const Tokens& list) { column.add(list); });
    }
    [[nodiscard]] TableData done() const { return {table_}; }

private:
    template <typename T, typename Put>
    void put(Column& column, const std::vector<std::optional<T>>& values, const Put& add) {
        for (const auto& value : values) {
            if (value) {
                add(column, *value);
            } else {
                column.add_none();
            }
        }
        table_->rows = values.size();
    }

    std::shared_ptr<Columns> table_ = std::make_shared<Columns>();
};

}  // namespace

nb::object table_object(SharedColumns columns) { return nb::cast(TableData{std::move(columns)}); }

void bind_table(nb::module_& module) {
    nb::class_<TableData>(module, "TableData")
        .def("__len__", [](const TableData& table) { return table.columns->rows; })
        .def("names",
             [](const TableData& table) {
                 std::vector<std::string> names;
                 for (const auto& column : table.columns->columns) {
                     names.push_back(column->name);
                 }
                 return names;
             })
        .def("type",
             [](const TableData& table, std::size_t at) {
                 return std::string(type_name(table.columns->columns.at(at)->type));
             })
        .def("values", &values_of)
        .def("there",
             [](const TableData& table, std::size_t at) {
                 const auto& there = table.columns->columns.at(at)->there;
                 return lent(table.columns, there.data(), there.size());
             })
        .def("stream", &stream_of);
    module.def("table_of_stream", &table_of_stream);
    nb::class_<TableMaker>(module, "TableMaker")
        .def(nb::init<>())
        .def("texts", &TableMaker::texts)
        .def("wholes", &TableMaker::wholes)
        .def("reals", &TableMaker::reals)
        .def("flags", &TableMaker::flags)
        .def("lists", &TableMaker::lists)
        .def("token_lists", &TableMaker::token_lists)
        .def("done", &TableMaker::done);
}

}  // namespace otherwise::python
