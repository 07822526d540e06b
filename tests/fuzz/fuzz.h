// What the fuzzers of tests/fuzz share. Each feeds bytes to readers of ours: they may refuse them,
// in one line, and do nothing else. cmake/fuzz.cmake links each with libFuzzer, and with replay.cpp
// for the tests, which run the inputs that were kept (tests/corpus).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace otherwise::fuzz {

inline std::string bytes_of(const std::uint8_t* data, std::size_t size) {
    return size == 0 ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

/// Calls read, which may throw Error: a complaint is UTF-8, and of records one line. Anything else
/// is a finding.
template <typename Read>
void survive(const Read& read, bool one_line = false) {
    try {
        read();
    } catch (const Error& error) {
        const std::string text = error.what();
        if (std::getenv("OTHERWISE_FUZZ_SHOW") != nullptr) {  // how far an input comes
            std::printf("  %s\n", text.c_str());
        }
        if (!is_utf8(text) || (one_line && text.find('\n') != std::string::npos)) {
            std::abort();
        }
    }
}

/// A file with these bytes, for readers that take names; gone with it.
class InputFile {
public:
    InputFile(const std::uint8_t* data, std::size_t size);
    explicit InputFile(const std::string& bytes)
        : InputFile(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) {}
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
    int fd_;
};

}  // namespace otherwise::fuzz
