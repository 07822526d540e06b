#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "otherwise/base/error.h"

namespace otherwise::cli {

Output::Output(const std::string& path) : name_(path == "-" ? "standard output" : path) {
    file_ = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
    if (file_ == nullptr) {
        fail({.where = "Output",
              .expected = "a file that can be written",
              .came = "'" + std::string(std::strerror(errno)) + "' for " + name_});  // NOLINT(concurrency-mt-unsafe)
    }
    if (file_ != stdout) {
        (void)std::setvbuf(file_, nullptr, _IONBF, 0);  // nothing waits in a buffer when a write fails
    }
}

Output::~Output() {
    if (file_ != nullptr && file_ != stdout) {
        (void)std::fclose(file_);
    }
}

void Output::write(std::string_view lines) {
    const bool written = std::fwrite(lines.data(), 1, lines.size(), file_) == lines.size() &&
                         std::fflush(file_) == 0;
    if (written) {
        length_ += static_cast<long>(lines.size());
        return;
    }
    std::string reason = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe)
    if (file_ != stdout) {
        if (::ftruncate(::fileno(file_), length_) != 0) {
            reason += ", and a part of a line is left";
        }
    }
    fail({.where = "Output",
          .expected = "to write to " + name_,
          .came = "'" + reason + "'",
          .advice = "what was written before is whole; make room or choose another place"});
}

}  // namespace otherwise::cli
