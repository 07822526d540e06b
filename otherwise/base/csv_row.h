// One row of CSV or TSV (RFC 4180): fields between separators; a field in quotes may hold
// separators and newlines, and a quote twice for one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

/// Where a row ends, in as many pieces as it comes in.
class CsvScan {
public:
    explicit CsvScan(char separator) : separator_(separator) {}

    /// Takes the next bytes. How many of them are still the row's, without its newline, where it
    /// ends among them.
    [[nodiscard]] std::optional<std::size_t> feed(std::string_view bytes);
    [[nodiscard]] bool in_quotes() const { return in_quotes_; }

private:
    char separator_;
    bool at_start_ = true;  ///< of a field
    bool in_quotes_ = false;
    bool after_quote_ = false;  ///< that ends a field, or is the first of two
};

/// The fields of a row without its newline; quotes are taken off in place. An empty field is none,
/// one of two quotes is "". Says what is wrong with it, or "".
[[nodiscard]] std::string split_csv(char* row, std::size_t size, char separator,
                                    std::vector<std::optional<std::string_view>>& fields);

}  // namespace otherwise
