#include "otherwise/study/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {

RunLock::RunLock(const std::filesystem::path& path)
    : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    if (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        ::close(file_);
        fail({.where = "RunWriter",
              .expected = "'" + path.string() + "' for this run alone",
              .came = "a file that another run is writing",
              .advice = "wait until that run is done"});
    }
}

RunLock::RunLock(RunLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

RunLock::~RunLock() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

}  // namespace otherwise
