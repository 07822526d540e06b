#include "otherwise/measure/pattern.h"

#include <re2/re2.h>

#include <algorithm>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

// RE2's strings are its own or Abseil's, by version, and the latter do not take ours: pointer and
// length make both.
re2::StringPiece piece_of(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Pattern::Pattern(const std::string& option, std::string_view expression) {
    RE2::Options options;
    options.set_log_errors(false);
    compiled_ = std::make_shared<const RE2>(piece_of(expression), options);
    if (!compiled_->ok()) {
        misuse({.where = "Pattern",
                .expected = option + " REGEX, a regular expression of RE2",
                .came = "'" + to_utf8(expression) + "' (" + to_utf8(compiled_->error()) + ")"});
    }
}

const std::string& Pattern::expression() const { return compiled_->pattern(); }

bool Pattern::matches(std::string_view text) const {
    return RE2::PartialMatch(piece_of(text), *compiled_);
}

std::vector<std::string_view> Pattern::find_all(std::string_view text) const {
    std::vector<std::string_view> found;
    const re2::StringPiece whole = piece_of(text);
    re2::StringPiece match;
    std::size_t from = 0;
    while (from <= text.size() &&
           compiled_->Match(whole, from, text.size(), RE2::UNANCHORED, &match, 1)) {
        const auto start = static_cast<std::size_t>(match.data() - whole.data());
        found.push_back(text.substr(start, match.size()));
        from = start + std::max<std::size_t>(match.size(), 1);
    }
    return found;
}

}  // namespace otherwise
