#include "otherwise/base/csv_row.h"

#include <algorithm>

namespace otherwise {

std::optional<std::size_t> CsvScan::feed(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (in_quotes_) {
            i = std::min(bytes.find('"', i), bytes.size());
            in_quotes_ = i == bytes.size();
            after_quote_ = !in_quotes_;
            continue;
        }
        const char c = bytes[i];
        if (c == '\n') {
            return i;
        }
        in_quotes_ = c == '"' && (at_start_ || after_quote_);
        at_start_ = c == separator_;
        after_quote_ = false;
    }
    return std::nullopt;
}

namespace {

/// Takes a field in quotes off the front of the rest; where it ends, or npos without an end.
std::size_t unquote(char* row, std::size_t begin, std::size_t size, std::string_view& field) {
    std::size_t to = begin;
    std::size_t from = begin + 1;
    for (; from < size; ++from) {
        if (row[from] == '"') {
            if (from + 1 >= size || row[from + 1] != '"') {
                field = {row + begin, to - begin};
                return from + 1;
            }
            ++from;
        }
        row[to++] = row[from];
    }
    return std::string_view::npos;
}

}  // namespace

std::string split_csv(char* row, std::size_t size, char separator,
                      std::vector<std::optional<std::string_view>>& fields) {
    fields.clear();
    const std::string_view text(row, size);
    for (std::size_t i = 0; i <= size;) {
        std::size_t end = 0;
        if (i < size && row[i] == '"') {
            std::string_view field;
            end = unquote(row, i, size, field);
            if (end == std::string_view::npos) {
                return "a quote without its end";
            }
            if (end < size && row[end] != separator) {
                return "text after a quote's end";
            }
            fields.emplace_back(field);
        } else {
            end = std::min(text.find(separator, i), size);
            fields.push_back(end == i ? std::nullopt
                                      : std::optional(std::string_view(row + i, end - i)));
        }
        i = end + 1;
    }
    return {};
}

}  // namespace otherwise
