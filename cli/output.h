// A line-wise output, stdout or a file, that never ends in the middle of a line.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "otherwise/console/style.h"

namespace otherwise::cli {

/// How tables and texts on standard output look, their settings as flags.
[[nodiscard]] console::Style output_style();

/// Lines for people on standard error, their settings as flags; harmless (console/glyphs.h).
void say(const std::string& lines);

class Output {
public:
    /// "-" is stdout. Throws Error when it cannot be opened.
    explicit Output(const std::string& path);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// Throws Error when nothing can be written at all, as with a closed standard output.
    void require() const;

    /// Writes whole lines and hands them to the system. Throws Error when they do not fit (disk
    /// full, stdout closed); what was written of them is taken back from a file.
    void write(std::string_view lines);

    /// The same for people: what would act on a terminal is shown instead (console/glyphs.h).
    void show(std::string_view text);

private:
    std::string name_;
    std::FILE* file_ = nullptr;
    long length_ = 0;  // of whole lines
};

}  // namespace otherwise::cli
