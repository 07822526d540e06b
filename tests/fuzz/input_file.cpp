#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

namespace otherwise::fuzz {

InputFile::InputFile(const std::uint8_t* data, std::size_t size)
    : fd_(::memfd_create("otherwise-fuzz", MFD_CLOEXEC)) {
    path_ = "/proc/self/fd/" + std::to_string(fd_);
    for (std::size_t at = 0; at < size;) {
        const auto written = ::write(fd_, data + at, size - at);
        if (written <= 0) {
            std::abort();
        }
        at += static_cast<std::size_t>(written);
    }
}

InputFile::~InputFile() { ::close(fd_); }

}  // namespace otherwise::fuzz
