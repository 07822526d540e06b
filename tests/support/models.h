// The models that tests run on: the default one, and copies of it in other quantizations, each made
// once and kept in the cache folder.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "otherwise/model/quantize.h"

namespace otherwise::test {

inline std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
}

/// $OTHERWISE_CACHE, else $XDG_CACHE_HOME/otherwise, else ~/.cache/otherwise.
inline std::filesystem::path cache_folder() {
    if (const auto cache = environment("OTHERWISE_CACHE"); !cache.empty()) {
        return cache;
    }
    const auto home = environment("XDG_CACHE_HOME");
    const auto base = home.empty() ? std::filesystem::path(environment("HOME")) / ".cache"
                                   : std::filesystem::path(home);
    return base / "otherwise";
}

/// SmolLM2-135M-Instruct as the package ships it.
inline std::filesystem::path default_model() {
    auto path = cache_folder() / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf";
    if (!std::filesystem::exists(path)) {
        throw std::runtime_error("no model at " + path.string() + "; run `make setup`");
    }
    return path;
}

/// Holds a lock file, against other test processes that make the same model.
class FileLock {
public:
    explicit FileLock(const std::filesystem::path& path)
        : fd_(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
        if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) {
            throw std::runtime_error("cannot lock " + path.string());
        }
    }
    ~FileLock() { ::close(fd_); }
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int fd_;
};

/// The default model as `type` ("Q4_0", "F16", …), made at the first call.
inline std::filesystem::path derived_model(std::string_view type) {
    const auto folder = cache_folder() / "derived";
    std::filesystem::create_directories(folder);
    auto path = folder / ("SmolLM2-135M-Instruct." + std::string(type) + ".gguf");
    const FileLock lock(folder / ("." + std::string(type) + ".lock"));
    if (!std::filesystem::exists(path)) {
        quantize_model(default_model(), path, type, 2);
    }
    return path;
}

/// A folder of its own, gone with everything in it at the end.
class TemporaryFolder {
public:
    TemporaryFolder() : path_(std::filesystem::temp_directory_path() / name()) {
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(std::string_view file) const {
        return path_ / file;
    }

private:
    static std::string name() {
        static std::atomic<int> counter{0};
        return "otherwise-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    }

    std::filesystem::path path_;
};

}  // namespace otherwise::test
