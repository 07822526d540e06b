#include "otherwise/base/records.h"

#include <algorithm>
#include <utility>

#include "otherwise/base/csv_row.h"
#include "otherwise/base/error.h"
#include "otherwise/base/json_scan.h"
#include "otherwise/base/record_scans.h"
#include "otherwise/base/text.h"

namespace otherwise {

std::string RecordPlace::text() const {
    return std::string(source) + (line > 0 ? ", line " + std::to_string(line) : "") +
           (number > 0 ? ", record " + std::to_string(number) : "");
}

void RecordPlace::refuse(const std::string& expected, std::string came, std::string advice) const {
    fail({.where = "records",
          .expected = expected + " in " + text(),
          .came = std::move(came),
          .advice = std::move(advice)});
}

Records::Records(std::istream& in, const std::string& source, RecordRequest request)
    : request_(std::move(request)), window_(in, source) {
    recognise();
}

RecordPlace Records::place() const {
    const bool numbered = form_ == InputForm::json_array || form_ == InputForm::json_values;
    return {.source = window_.source(), .line = line_, .number = numbered ? count_ : 0};
}

int Records::number() const {
    const auto here = place();
    return here.number > 0 ? here.number : here.line;
}

std::string Records::take_text(std::size_t size) {
    std::string text;
    while (text.size() < size && (!window_.rest().empty() || window_.more())) {
        const auto some = std::min(size - text.size(), window_.rest().size());
        text += view(window_.take(some));
    }
    return text;
}

void require_utf8(std::string_view text, RecordPlace place) {
    const auto good = utf8_prefix(text);
    if (good == text.size()) {
        return;
    }
    const auto before = text.substr(0, good);
    const auto newline = before.rfind('\n');
    const auto column = newline == std::string_view::npos ? good + 1 : good - newline;
    place.line += static_cast<int>(std::ranges::count(before, '\n'));
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(text[good]);
    place.refuse("UTF-8", std::string("the byte 0x") + kDigits[byte / 16U] + kDigits[byte % 16U] +
                              " at byte " + std::to_string(column) + " of the line");
}

void Records::parse(char* text, std::size_t size, bool many_lines) {
    char* parsed = text;
    if (many_lines) {  // parsing writes over the text, in which the line of a fault is counted
        scratch_.assign(text, text + size);
        scratch_.push_back('\0');
        parsed = scratch_.data();
    }
    const auto fault = tree_.parse(parsed, size);
    if (!fault) {
        return;
    }
    auto here = place();
    std::size_t byte = fault->byte + 1;
    if (many_lines) {
        const auto before = std::string_view(text, size).substr(0, fault->byte);
        here.line += static_cast<int>(std::ranges::count(before, '\n'));
        const auto newline = before.rfind('\n');
        byte = newline == std::string_view::npos ? byte : byte - newline - 1;
    }
    here.refuse("JSON", "a syntax error at byte " + std::to_string(byte) + " (" + fault->what + ")",
                form_ == InputForm::json_array
                    ? "a file that starts with [ and { or a quote is read as a JSON array"
                    : "a file whose first line starts with { is read as JSON lines");
}

bool Records::next() {
    if (ended_) {
        return false;
    }
    switch (form_) {
        case InputForm::text:
        case InputForm::json_lines:
            ended_ = !next_line();
            break;
        case InputForm::json_values:
            ended_ = !next_value();
            break;
        case InputForm::json_array:
            ended_ = !next_element();
            break;
        case InputForm::table:
            ended_ = !next_row();
            break;
    }
    return !ended_;
}

bool Records::next_line() {
    for (;;) {
        const auto end = line_end(0);
        const auto whole = window_.rest().size();
        if (whole == 0) {
            return false;
        }
        line_ = window_.line();
        const auto bytes = window_.take(std::min(end + 1, whole));
        auto line = view(bytes.first(std::min(end, bytes.size())));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (is_blank(line)) {
            continue;
        }
        ++count_;
        require_utf8(line, place());
        if (form_ == InputForm::text) {
            tree_.set_string(line);
            return true;
        }
        parse(bytes.data(), line.size(), false);
        if (!value().is_object()) {
            place().refuse("a JSON object", value().described());
        }
        return true;
    }
}

/// Passes over white space; false at the end of the file.
bool Records::skip_space() {
    for (;;) {
        const auto text = view(window_.rest());
        const auto found = text.find_first_not_of(kJsonSpace);
        const bool any = found != std::string_view::npos;
        (void)window_.take(any ? found : text.size());
        if (any || !window_.more()) {
            return any;
        }
    }
}

void Records::take_value() {
    const auto end = scan_end(window_, JsonScan(), 0);
    line_ = window_.line();
    ++count_;
    const auto bytes = window_.take(end);
    require_utf8(view(bytes), place());
    parse(bytes.data(), bytes.size(), true);
}

bool Records::next_value() {
    if (!skip_space()) {
        return false;
    }
    take_value();
    if (!value().is_object()) {
        place().refuse("a JSON object", value().described());
    }
    return true;
}

/// The next visible character, which has to be there.
char Records::need_visible(const char* expected) {
    const bool any = skip_space();
    line_ = window_.line();
    if (!any) {
        place().refuse(expected, "the end of the file");
    }
    return window_.rest().front();
}

bool Records::next_element() {
    char next = need_visible("a JSON array");
    if (!in_array_) {
        (void)window_.take(1);
        next = need_visible("an element or ] of the JSON array");
    }
    const bool is_first = !std::exchange(in_array_, true);
    if (next == ']') {
        (void)window_.take(1);
        if (skip_space()) {
            line_ = window_.line();
            place().refuse("nothing after the JSON array", "more");
        }
        return false;
    }
    if (!is_first) {
        if (next != ',') {
            place().refuse("a comma or ] of the JSON array", to_utf8({&next, 1}));
        }
        (void)window_.take(1);
        (void)need_visible("an element of the JSON array");
    }
    take_value();
    if (!value().is_object() && !value().is_string()) {
        place().refuse("strings or objects in the JSON array", value().described());
    }
    return true;
}

bool Records::next_row() {
    for (;;) {
        const auto end = scan_end(window_, CsvScan(separator_), 0);
        const auto whole = window_.rest().size();
        if (whole == 0) {
            return false;
        }
        line_ = window_.line();
        const auto bytes = window_.take(std::min(end + 1, whole));
        const auto row = without_return(view(bytes).substr(0, end));
        if (is_blank(row)) {
            continue;
        }
        ++count_;
        require_utf8(row, place());
        const auto fault = split_csv(bytes.data(), row.size(), separator_, fields_);
        if (!fault.empty()) {
            place().refuse("a row of the table", fault);
        }
        if (fields_.size() != columns_.size()) {
            place().refuse("as many fields as the header has, " + std::to_string(columns_.size()),
                           std::to_string(fields_.size()),
                           "a field with a separator, a quote or a newline stands in quotes");
        }
        tree_.set_object(columns_, fields_);
        return true;
    }
}

}  // namespace otherwise
