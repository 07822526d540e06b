// Regular expressions on hostile text: the first line is a pattern, what follows the text.
#include "otherwise/measure/pattern.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"

namespace otherwise {
namespace {

void match(const std::string& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const Pattern pattern("target", text.substr(0, end));
    const std::string_view rest = std::string_view(text).substr(end);
    const auto parts = pattern.find_all(rest);
    const char* at = rest.data();
    for (const auto part : parts) {  // from left to right, inside of the text
        if (part.data() < at || part.data() + part.size() > rest.data() + rest.size()) {
            std::abort();
        }
        at = part.data() + part.size();
    }
    if (pattern.matches(rest) != !parts.empty()) {
        std::abort();
    }
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    fuzz::survive([&] { match(fuzz::bytes_of(data, size)); }, true);
    return 0;
}
