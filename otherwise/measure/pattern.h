// A regular expression of RE2: linear in the text whatever the pattern, characters are Unicode.
//
// Syntax: github.com/google/re2/wiki/Syntax; (?i) at the start ignores case. RE2 has neither
// back-references nor look-around, which is what makes its time linear. Thread safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace otherwise {

class Pattern {
public:
    /// Throws misuse that names the pattern and what is wrong with it; `option` is where it came
    /// from ("--target").
    Pattern(const std::string& option, std::string_view expression);

    [[nodiscard]] const std::string& expression() const;

    /// Whether it matches anywhere in the text.
    [[nodiscard]] bool matches(std::string_view text) const;

    /// All its matches, from left to right.
    [[nodiscard]] std::vector<std::string_view> find_all(std::string_view text) const;

private:
    std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace otherwise
