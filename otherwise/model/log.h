// llama.cpp's log: silent, but its reasons are kept so that an Error can quote them.
//
// llama.cpp logs for the whole process, so this is the one piece of shared state in the room. It is
// thread-safe; with several operations at once an Error may quote the reason of another one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace otherwise {

/// Takes over llama.cpp's log, which goes to stderr before. Whatever may make it speak calls this;
/// again is harmless.
void take_backend_log();

/// Forgets what the backend complained of; called before an operation that may fail.
void clear_backend_errors();

/// The first complaint since clear_backend_errors(), on one line and without the name of
/// llama.cpp's function: later ones only say that the caller failed as well. "" without any.
[[nodiscard]] std::string last_backend_error();

/// From here on llama.cpp's reason to abort the process is kept, not printed with a stack trace.
void keep_abort_message();

/// The reason, once it is about to abort; "" before. May be called in a signal handler.
[[nodiscard]] std::string_view backend_abort_message() noexcept;

/// Passes every line of the backend's log on, whatever its level; {} is silent again. The listener
/// is called under a lock, from any thread, and must neither throw nor call the backend.
void listen_to_backend(std::function<void(std::string_view)> listener);

/// While it lives, what llama.cpp logs on this thread goes to `reader` as well, as it comes: pieces
/// of lines. What the reader throws ends llama.cpp's function, which then fails.
class LogReader {
public:
    explicit LogReader(std::function<void(std::string_view)> reader);
    ~LogReader();
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;

private:
    std::function<void(std::string_view)> reader_;
    const std::function<void(std::string_view)>* outer_;  ///< silent meanwhile
};

}  // namespace otherwise
