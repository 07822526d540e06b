#include "otherwise/model/log.h"

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <utility>

#include "llama.h"

namespace otherwise {
namespace {

constexpr std::size_t kKeptErrors = 8;
constexpr std::size_t kMessageBytes = 512;

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local const std::function<void(std::string_view)>* reader_here = nullptr;

// A signal handler reads it. NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::array<char, kMessageBytes> abort_message{};

/// The first errors since the last clear, and the line that is being written.
class Log {
public:
    void add(ggml_log_level level, std::string_view text) {
        const std::scoped_lock lock(mutex_);
        if (level != GGML_LOG_LEVEL_CONT) {
            level_ = level;
        }
        line_ += text;
        for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
            take(line_.substr(0, end));
            line_.erase(0, end + 1);
        }
    }
    void clear() {
        const std::scoped_lock lock(mutex_);
        size_ = 0;
    }
    std::string first() {
        const std::scoped_lock lock(mutex_);
        return size_ == 0 ? "" : errors_.front();
    }
    void listen(std::function<void(std::string_view)> listener) {
        const std::scoped_lock lock(mutex_);
        listener_ = std::move(listener);
    }

private:
    void take(const std::string& line) {
        if (listener_) {
            listener_(line);
        }
        if (level_ == GGML_LOG_LEVEL_ERROR && !line.empty() && size_ < errors_.size()) {
            errors_.at(size_++) = line;
        }
    }

    std::mutex mutex_;
    std::function<void(std::string_view)> listener_;
    std::array<std::string, kKeptErrors> errors_;
    std::size_t size_ = 0;
    std::string line_;
    ggml_log_level level_ = GGML_LOG_LEVEL_NONE;
};

Log& the_log() {
    static Log log;
    return log;
}

void keep(ggml_log_level level, const char* text, Log& log) noexcept {
    try {
        log.add(level, text);
    } catch (const std::exception&) {
        return;  // out of memory while logging: the line is lost, the operation goes on
    }
}

void on_log(ggml_log_level level, const char* text, void* log) {
    keep(level, text, *static_cast<Log*>(log));
    if (reader_here != nullptr) {
        (*reader_here)(text);
    }
}

void on_abort(const char* text) noexcept {
    const std::string_view message = text == nullptr ? "" : text;
    const std::size_t n = std::min(message.size(), kMessageBytes - 1);
    std::replace_copy(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(n),
                      abort_message.begin(), '\n', ' ');
}

/// "llama_model_load: error loading model: no tensors" without the name of the function.
std::string without_function(const std::string& line) {
    const auto colon = line.find(": ");
    const auto blank = line.find(' ');
    return colon == std::string::npos || blank < colon ? line : line.substr(colon + 2);
}

}  // namespace

void take_backend_log() {
    // Once: others may be logging, and llama.cpp guards its pointer by nothing.
    static const bool taken = (llama_log_set(on_log, &the_log()), true);
    (void)taken;
}

void clear_backend_errors() { the_log().clear(); }

std::string last_backend_error() {
    std::string line = without_function(the_log().first());
    std::replace(line.begin(), line.end(), '\n', ' ');
    while (!line.empty() && (line.back() == ' ' || line.back() == '.')) {
        line.pop_back();
    }
    return line;
}

void keep_abort_message() { (void)ggml_set_abort_callback(on_abort); }

std::string_view backend_abort_message() noexcept { return abort_message.data(); }

LogReader::LogReader(std::function<void(std::string_view)> reader)
    : reader_(std::move(reader)), outer_(std::exchange(reader_here, &reader_)) {}

LogReader::~LogReader() { reader_here = outer_; }

void listen_to_backend(std::function<void(std::string_view)> listener) {
    the_log().listen(std::move(listener));
}

}  // namespace otherwise
