#include "otherwise/base/json_scan.h"

namespace otherwise {
namespace {

bool ends_bare(char c) {
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_plain_in_string(char c) { return c != '"' && c != '\\' && c != '\n'; }

}  // namespace

/// From inside a string to after its end, or to the end of the bytes.
std::size_t JsonScan::skip_string(std::string_view bytes, std::size_t i) {
    while (i < bytes.size()) {
        if (escaped_) {
            escaped_ = false;
            ++i;
            continue;
        }
        while (i < bytes.size() && is_plain_in_string(bytes[i])) {
            ++i;
        }
        if (i == bytes.size()) {
            break;
        }
        const char c = bytes[i];
        if (c == '\n') {
            broken_ = true;
            return i;
        }
        ++i;
        if (c == '"') {
            in_string_ = false;
            return i;
        }
        escaped_ = true;
    }
    return i;
}

std::optional<std::size_t> JsonScan::feed(std::string_view bytes) {
    std::size_t i = 0;
    while (i < bytes.size()) {
        if (in_string_) {
            i = skip_string(bytes, i);
            if (broken_ || (!in_string_ && depth_ == 0)) {
                return i;
            }
            continue;
        }
        const char c = bytes[i];
        if (bare_ || (!started_ && c != '{' && c != '[' && c != '"')) {
            bare_ = true;
            if (started_ && ends_bare(c)) {
                return i;
            }
            started_ = true;
            ++i;
            continue;
        }
        started_ = true;
        ++i;
        if (c == '"') {
            in_string_ = true;
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if ((c == '}' || c == ']') && --depth_ == 0) {
            return i;
        }
    }
    return std::nullopt;
}

}  // namespace otherwise
