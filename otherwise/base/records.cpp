#include "otherwise/base/records.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "otherwise/base/csv_row.h"
#include "otherwise/base/error.h"
#include "otherwise/base/input_kind.h"
#include "otherwise/base/json_scan.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\r\n\v\f";
constexpr std::string_view kJsonSpace = " \t\r\n";

/// Names of which a header has at least one.
constexpr std::array<std::string_view, 12> kKnownColumns = {
    "id",    "prompt", "prompt_tokens", "text",           "completion", "instruction",
    "input", "output", "factual",       "counterfactual", "subject",    "target_new"};

std::string_view view(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

std::optional<std::size_t> found_at(std::size_t at) {
    return at == std::string_view::npos ? std::nullopt : std::optional(at);
}

struct NewlineScan {
    static std::optional<std::size_t> feed(std::string_view bytes) {
        return found_at(bytes.find('\n'));
    }
};

struct VisibleScan {
    static std::optional<std::size_t> feed(std::string_view bytes) {
        return found_at(bytes.find_first_not_of(kBlank));
    }
};

bool is_blank(std::string_view line) {
    return line.find_first_not_of(kBlank) == std::string_view::npos;
}

/// A name as programs give them, not as people write lists: letters, digits, _, - and ., not only
/// digits.
bool is_plain_name(std::string_view text) {
    constexpr std::size_t kLongest = 64;
    const auto is_letter = [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    };
    const auto fits = [&](unsigned char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, fits) &&
           std::ranges::any_of(text, is_letter);
}

/// The fields of a row; none where it is no row.
std::vector<std::string> names_of(std::string_view row, char separator) {
    std::string copy(row);
    std::vector<std::optional<std::string_view>> fields;
    if (!split_csv(copy.data(), copy.size(), separator, fields).empty()) {
        return {};
    }
    std::vector<std::string> names;
    for (const auto& field : fields) {
        names.emplace_back(field.value_or(""));
    }
    return names;
}

std::string_view without_return(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + to_utf8(name);
    }
    return text;
}

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool has_known(const std::vector<std::string>& names) {
    return std::ranges::any_of(kKnownColumns, [&](auto known) { return has(names, known); });
}

/// Whether the asked ones are all there, blanks around names apart; not where none is asked.
bool has_all(const std::vector<std::string>& names, const std::vector<std::string>& asked) {
    const auto is_there = [&](const std::string& column) {
        return std::ranges::any_of(names, [&](auto& name) { return trimmed(name) == column; });
    };
    return !asked.empty() && std::ranges::all_of(asked, is_there);
}

/// Whether a blank follows a separator, as in sentences and in some headers.
bool is_sentence(const std::vector<std::string>& names) {
    return std::ranges::any_of(names, [](auto& name) { return name.starts_with(' '); });
}

/// Whether a text is JSON from its first byte to its last.
bool is_json(std::string_view text) {
    std::string copy(text);
    JsonTree tree;
    return !tree.parse(copy.data(), copy.size());
}

}  // namespace

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

/// Where what the scan looks for ends, from here on; the end of the file where it does not.
template <typename Scan>
std::size_t Records::scan_end(Scan scan, std::size_t from) {
    for (std::size_t at = from;;) {
        const auto here = view(window_.rest());
        if (const auto end = scan.feed(here.substr(at))) {
            return at + *end;
        }
        at = here.size();
        if (!window_.more()) {
            return at;
        }
    }
}

/// Where the first visible character stands, or the end of the file.
std::size_t Records::first_visible() { return scan_end(VisibleScan(), 0); }

/// The next newline, or the end of the file.
std::size_t Records::line_end(std::size_t from) { return scan_end(NewlineScan(), from); }

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
    const auto end = scan_end(CsvScan(separator_), begin);
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
        return (has(names, "text") || has(names, "prompt")) && fits_second_row(names, end);
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
          .expected = request_.what + " in " + window_.source() +
                      ": a column prompt or text, or --column NAME",
          .came = "a table with the columns " + listed(names),
          .advice = "for example, --column " + to_utf8(names[0]) +
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
    const auto end = scan_end(JsonScan(), 0);
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
        const auto end = scan_end(CsvScan(separator_), 0);
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
