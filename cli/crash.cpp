#include "cli/crash.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/model/log.h"

namespace otherwise::cli {
namespace {

constexpr std::size_t kStackBytes = std::size_t{1} << 16U;
constexpr std::size_t kLineBytes = 2048;
constexpr std::size_t kFeatureBytes = 1024;

// The handler runs wherever the process happened to be: it may read what was laid out before and
// call write(2), no more. So its data are plain and live as long as the process.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
alignas(64) std::array<char, kStackBytes> stack{};
std::array<char, kFeatureBytes> features{};
std::atomic<bool> kernels_run{false};
std::atomic<bool> crashed{false};
std::atomic<bool> memory_refused{false};
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

/// Text put together without allocating; what does not fit is cut off.
class Line {
public:
    Line& operator<<(std::string_view text) noexcept {
        const std::size_t n = std::min(text.size(), kLineBytes - 1 - size_);
        for (const char c : text.substr(0, n)) {  // a file's names may be in it
            text_[size_++] = static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
        }
        return *this;
    }
    void print() noexcept {
        text_[size_] = '\n';
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text_.data(), size_ + 1);
    }

private:
    std::array<char, kLineBytes> text_{};
    std::size_t size_ = 0;
};

constexpr std::array<std::pair<int, std::string_view>, 5> kCrashes{
    {{SIGILL, "SIGILL: an instruction that this processor does not have"},
     {SIGSEGV, "SIGSEGV: memory that is not its own"},
     {SIGBUS, "SIGBUS: memory, or part of a file, that is not there"},
     {SIGFPE, "SIGFPE: arithmetic without a result"},
     {SIGABRT, "SIGABRT: a check of its own"}}};

std::string_view meaning_of(int signal) noexcept {
    for (const auto& [number, text] : kCrashes) {
        if (number == signal) {
            return text;
        }
    }
    return "a signal";
}

void explain(int signal) noexcept {
    Line line;
    if (!kernels_run) {
        line << "otherwise: expected to go on, got " << meaning_of(signal)
             << "; this is a fault of the program: please report the command line";
        line.print();
        return;
    }
    line << "otherwise: expected llama.cpp's code for this processor to work, got "
         << meaning_of(signal);
    line << "; try --no-repack, which takes the plain kernels; in use: " << features.data();
    line.print();
}

/// ggml asserts that the system gives it a thread, and nothing else in these words.
constexpr std::string_view kNoThread = "GGML_ASSERT(rc == 0)";

/// A check of llama.cpp's own: that a thread is there, or over a file or an operation that it
/// cannot take.
void explain_abort() noexcept {
    Line line;
    if (backend_abort_message().find(kNoThread) != std::string_view::npos) {
        line << "otherwise: expected a thread for llama.cpp, got none from the system; try fewer "
                "(-t 1), or raise `ulimit -u`";
        line.print();
        return;
    }
    line << "otherwise: expected a model that llama.cpp can work with, got one on which it gives "
            "up ("
         << backend_abort_message()
         << "); is the file whole? `otherwise inspect FILE` tells what it says";
    if (kernels_run) {
        line << "; --no-repack takes the plain kernels";
    }
    line.print();
}

/// What operator new calls before it gives up.
void on_no_memory() {
    memory_refused = true;
    throw std::bad_alloc();
}

/// Nobody catches an exception, or it meets a function that lets none out: which it is, the
/// language does not tell then, but one of memory has come through on_no_memory.
[[noreturn]] void on_terminate() noexcept {
    if (!memory_refused) {
        std::abort();
    }
    explain_no_memory();
    remove_unfinished_files();
    ::_exit(static_cast<int>(Fault::failed));
}

extern "C" void on_crash(int signal) {
    if (crashed.exchange(true)) {  // another thread is at it
        for (;;) {
            ::pause();
        }
    }
    const bool aborted = signal == SIGABRT && !backend_abort_message().empty();
    aborted ? explain_abort() : explain(signal);
    remove_unfinished_files();
    if (aborted) {
        ::_exit(static_cast<int>(Fault::failed));
    }
    (void)std::signal(signal, SIG_DFL);
    (void)::raise(signal);
}

}  // namespace

void explain_crashes() {
    keep_abort_message();
    (void)std::set_new_handler(on_no_memory);
    (void)std::set_terminate(on_terminate);
    stack_t own{};  // a stack that has overflowed holds no handler
    own.ss_sp = stack.data();
    own.ss_size = stack.size();
    (void)::sigaltstack(&own, nullptr);
    struct sigaction action {};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    for (const auto& [number, text] : kCrashes) {
        (void)::sigaction(number, &action, nullptr);
    }
}

void explain_no_memory() noexcept {
    Line line;
    line << "otherwise: expected enough memory, got none; try a smaller --memory or -np";
    line.print();
}

void blame_kernels(const std::string& in_use) {
    const std::size_t n = std::min(in_use.size(), kFeatureBytes - 1);
    std::memcpy(features.data(), in_use.data(), n);
    features[n] = '\0';
    kernels_run = true;
}

}  // namespace otherwise::cli
