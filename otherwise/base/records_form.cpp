// What a file of records is: recognised by its start.
#include <algorithm>
#include <array>
#include <utility>

#include "otherwise/base/csv_row.h"
#include "otherwise/base/error.h"
#include "otherwise/base/input_kind.h"
#include "otherwise/base/json_scan.h"
#include "otherwise/base/record_scans.h"
#include "otherwise/base/records.h"
#include "otherwise/base/table_names.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Whether a text is JSON from its first byte to its last.
bool is_json(std::string_view text) {
    std::string copy(text);
    JsonTree tree;
    return !tree.parse(copy.data(), copy.size());
}

}  // namespace

/// Where the first visible character stands, or the end of the file.
std::size_t Records::first_visible() { return scan_end(window_, VisibleScan(), 0); }

/// The next newline, or the end of the file.
std::size_t Records::line_end(std::size_t from) { return scan_end(window_, NewlineScan(), from); }

/// What foreign_input wants to see, but of lines of text no more than the first.
void Records::want_head() {
    constexpr std::size_t kMagic = 16;
    const auto is_short = [&] {
        const auto head = view(window_.rest());
        return head.size() < kMagic && head.find('\n') == std::string_view::npos;
    };
    while (is_short() && window_.more()) {
    }
    if (view(window_.rest()).starts_with("GGUF") && !is_short() &&
        !foreign_input(view(window_.rest())).kind.empty()) {
        window_.want(kForeignHead);
    }
}

void Records::recognise() {
    want_head();
    const auto foreign = foreign_input(view(window_.rest()).substr(0, kForeignHead));
    if (!foreign.kind.empty()) {
        std::string advice = foreign.advice;
        if (const auto at = advice.find("FILE"); at != std::string::npos) {
            advice.replace(at, 4, window_.source());
        }
        fail({.where = "records",
              .expected = request_.what + " in " + window_.source() + " (text, JSON or CSV)",
              .came = foreign.kind,
              .advice = std::move(advice)});
    }
    if (view(window_.rest()).starts_with(kByteOrderMark)) {
        (void)window_.take(kByteOrderMark.size());
    }
    const auto at = first_visible();
    if (at == window_.rest().size()) {
        return;
    }
    const char first = window_.rest()[at];
    if (request_.or_text && (first == '{' || first == '[') && !is_sure_json(at)) {
        return;
    }
    if (first == '{') {
        const auto end = line_end(at);
        const auto line = view(window_.rest()).substr(at, end - at);
        const bool is_one = JsonScan().feed(line).has_value() || end == window_.rest().size();
        form_ = is_one ? InputForm::json_lines : InputForm::json_values;
    } else if (first == '[' && starts_array(at)) {
        form_ = InputForm::json_array;
    } else if (starts_table(at)) {
        form_ = InputForm::table;
        read_header(at);
    } else if (!request_.columns.empty()) {
        fail({.where = "records",
              .expected = "the field " + listed(request_.columns) + " in " + window_.source() +
                          " (JSON, or CSV with a header)",
              .came = "lines of text without it"});
    }
}

/// Whether the line is JSON, or one that goes on after it: then an object starts as one does.
bool Records::is_sure_json(std::size_t at) {
    const auto end = line_end(at);
    const auto line = view(window_.rest()).substr(at, end - at);
    if (const auto size = JsonScan().feed(line)) {
        return is_json(line.substr(0, *size)) && is_blank(line.substr(*size));
    }
    const auto second = line.find_first_not_of(kJsonSpace, 1);
    return second == std::string_view::npos || line[second] == '"' || line[second] == '{';
}

/// Whether what starts with [ is JSON, and not a text in brackets.
bool Records::starts_array(std::size_t at) {
    const auto end = line_end(at);
    const auto line = trimmed(view(window_.rest()).substr(at, end - at));
    const auto second = line.find_first_not_of(kJsonSpace, 1);
    return second == std::string_view::npos || line[second] == '{' || line[second] == '"' ||
           is_json(line);
}

/// The row after the line that ends here.
std::string_view Records::second_row(std::size_t line_end) {
    const auto begin = std::min(line_end + 1, window_.rest().size());
    const auto end = scan_end(window_, CsvScan(separator_), begin);
    return view(window_.rest()).substr(begin, end - begin);
}

bool Records::starts_table(std::size_t at) {
    constexpr std::array kSeparators = {'\t', ',', ';'};
    return std::ranges::any_of(kSeparators, [&](char separator) {
        separator_ = separator;
        return is_header(at);
    });
}

/// Whether the line is a header: the asked columns are there, or a known name is one of several.
/// A table of which nothing is known is refused: read as lines of text it would be nonsense.
bool Records::is_header(std::size_t at) {
    const auto end = line_end(at);
    const auto names =
        names_of(without_return(view(window_.rest()).substr(at, end - at)), separator_);
    const bool is_one_text = names.size() == 1 && (names[0] == "prompt" || names[0] == "text");
    if (has_all(names, request_.columns) || is_one_text) {
        return true;
    }
    if (names.size() < 2) {
        return false;
    }
    if (request_.or_text) {
        return (has_name(names, "text") || has_name(names, "prompt")) &&
               fits_second_row(names, end);
    }
    if (has_known(names)) {
        return !is_sentence(names) || fits_second_row(names, end);
    }
    if (std::ranges::all_of(names, is_plain_name) && fits_second_row(names, end)) {
        refuse_unknown_table(names);
    }
    return false;
}

bool Records::fits_second_row(const std::vector<std::string>& names, std::size_t line_end) {
    return names_of(without_return(second_row(line_end)), separator_).size() == names.size();
}

void Records::refuse_unknown_table(const std::vector<std::string>& names) const {
    fail({.where = "records",
          .expected = request_.what + " in " + window_.source() + ": a column prompt or text, or " +
                      setting("column", "NAME"),
          .came = "a table with the columns " + listed(names),
          .advice = "for example, " + setting("column", to_utf8(names[0])) +
                    "; lines that are no table go into JSON lines"});
}

void Records::read_header(std::size_t at) {
    const auto end = line_end(at);
    columns_.clear();
    for (const auto& name :
         names_of(without_return(view(window_.rest()).substr(at, end - at)), separator_)) {
        columns_.emplace_back(trimmed(name));
    }
    (void)window_.take(std::min(end + 1, window_.rest().size()));
    for (const auto& name : columns_) {
        if (!name.empty() && std::ranges::count(columns_, name) > 1) {
            fail({.where = "records",
                  .expected = "a name of its own for each column in " + window_.source(),
                  .came = "'" + to_utf8(name) + "' twice"});
        }
    }
}

}  // namespace otherwise
