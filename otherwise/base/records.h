// The records of a file, one after another: the one reader of whatever people have.
//
// What a file is shows in what it holds, not in its name:
//   text lines                     a record each, a string
//   JSON lines                     first line: { to }, and nothing after it; an object each
//   JSON values, one after another first value: { to } over several lines; an object each
//   a JSON array                   [ and then { or "; strings or objects
//   CSV, TSV (and ; for commas)    a header of names, of which one is known; an object each
// and gzip of each. A byte-order mark, CRLF, blank lines and blanks before JSON are passed over.
// Memory is that of the longest record.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/input_window.h"
#include "otherwise/base/json_value.h"

namespace otherwise {

enum class InputForm { text, json_lines, json_values, json_array, table };

/// What a reader is after.
struct RecordRequest {
    std::string what;                  ///< "prompts": for complaints
    std::vector<std::string> columns;  ///< fields that were asked for: they make a line a header
    bool or_text = false;              ///< what is not sure to be records of texts is text
};

/// Where a record stands, for complaints.
struct RecordPlace {
    std::string_view source;  ///< outlives this
    int line = 0;             ///< from 1; 0 where there are none
    int number = 0;           ///< of the record, from 1, where a line may hold several; else 0

    [[nodiscard]] std::string text() const;
    [[noreturn]] void refuse(const std::string& expected, std::string came,
                             std::string advice = {}) const;
};

/// Throws Error where the text, which begins there, is not UTF-8: names the line and the byte.
void require_utf8(std::string_view text, RecordPlace place);

class Records {
public:
    /// Looks at the start of the file. Throws Error where that is a file of another kind (GGUF,
    /// SQLite, zip, …), or a table without a column that is known or asked for.
    Records(std::istream& in, const std::string& source, RecordRequest request);

    /// Goes to the next record; false after the last. Throws Error that names the line: bytes that
    /// are not UTF-8, no JSON, a row that is not as long as the header.
    [[nodiscard]] bool next();

    /// The record: a string or an object. Valid until next.
    [[nodiscard]] JsonValue value() const { return tree_.root(); }
    [[nodiscard]] RecordPlace place() const;
    /// The number of its line, or of the record where a line may hold several.
    [[nodiscard]] int number() const;
    [[nodiscard]] InputForm form() const { return form_; }

    /// Of lines of text: up to `size` of the bytes that were not read yet, as they are; "" at the
    /// end.
    [[nodiscard]] std::string take_text(std::size_t size);

private:
    void want_head();
    void recognise();
    [[nodiscard]] std::size_t first_visible();
    [[nodiscard]] std::size_t line_end(std::size_t from);
    [[nodiscard]] bool is_sure_json(std::size_t at);
    [[nodiscard]] bool starts_array(std::size_t at);
    [[nodiscard]] bool starts_table(std::size_t at);
    [[nodiscard]] bool is_header(std::size_t at);
    [[nodiscard]] bool fits_second_row(const std::vector<std::string>& names, std::size_t line_end);
    [[noreturn]] void refuse_unknown_table(const std::vector<std::string>& names) const;
    void read_header(std::size_t at);
    [[nodiscard]] std::string_view second_row(std::size_t line_end);
    [[nodiscard]] bool skip_space();
    [[nodiscard]] char need_visible(const char* expected);
    void parse(char* text, std::size_t size, bool many_lines);
    [[nodiscard]] bool next_line();
    [[nodiscard]] bool next_value();
    [[nodiscard]] bool next_element();
    [[nodiscard]] bool next_row();
    void take_value();

    RecordRequest request_;
    InputWindow window_;
    InputForm form_ = InputForm::text;
    JsonTree tree_;
    int line_ = 0;
    int count_ = 0;
    bool in_array_ = false;
    bool ended_ = false;
    char separator_ = ',';
    std::vector<std::string> columns_;
    std::vector<std::optional<std::string_view>> fields_;
    std::vector<char> scratch_;
};

}  // namespace otherwise
