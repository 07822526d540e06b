#include "cli/output.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "cli/options.h"
#include "otherwise/base/error.h"
#include "otherwise/base/setting.h"
#include "otherwise/console/glyphs.h"

namespace otherwise::cli {

console::Style output_style() {
    auto style = console::style_for(stdout);
    style.settings = flag_text;
    return style;
}

void say(const std::string& lines) {
    fmt::print(stderr, "{}\n", console::harmless(with_settings(lines, flag_text)));
}

namespace {

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

Output::Output(const std::string& path)
    : name_(path == "-" ? "standard output" : path),
      file_(path == "-" ? stdout : std::fopen(path.c_str(), "wb")) {
    if (file_ == nullptr) {
        fail({.where = "Output",
              .expected = "a file that can be written",
              .came = "'" + reason() + "' for '" + name_ + "'"});
    }
    if (file_ != stdout) {
        (void)std::setvbuf(file_, nullptr, _IONBF,
                           0);  // nothing waits in a buffer when a write fails
    }
}

void Output::require() const {
    const int flags = ::fcntl(::fileno(file_), F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
        fail({.where = "Output", .expected = "to write to " + name_, .came = "a closed one"});
    }
}

Output::~Output() {
    if (file_ != nullptr && file_ != stdout) {
        (void)std::fclose(file_);
    }
}

void Output::show(std::string_view text) { write(console::harmless(text)); }

void Output::write(std::string_view lines) {
    const bool written = std::fwrite(lines.data(), 1, lines.size(), file_) == lines.size() &&
                         std::fflush(file_) == 0;
    if (written) {
        length_ += static_cast<long>(lines.size());
        return;
    }
    std::string why = reason();
    struct stat kind {};
    if (file_ != stdout && ::fstat(::fileno(file_), &kind) == 0 && S_ISREG(kind.st_mode) &&
        ::ftruncate(::fileno(file_), length_) != 0) {
        why += ", and a part of a line is left";
    }
    const char* advice = "the lines before it are whole; make room and run again";
    fail({.where = "Output",
          .expected = "to write to " + name_,
          .came = "'" + why + "'",
          .advice = file_ == stdout ? "" : advice});
}

}  // namespace otherwise::cli
