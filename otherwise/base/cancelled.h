// Work that someone may end. Functions with a loop of their own take a `cancelled` and give back
// what is done. What has nothing to give back (hashing a file, loading a model, probing it,
// quantizing it) asks a scope that its caller may have set, and throws:
//
//   const CancelScope scope([] { return key_was_pressed; });
//   quantize("m-F16.gguf", "m-Q4_0.gguf", "Q4_0");     // throws Cancelled; nothing is written
#pragma once

#include <exception>
#include <functional>

namespace otherwise {

/// Whether the work is to end; {} never. Once true it stays so.
using Cancel = std::function<bool()>;

struct Cancelled : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return "cancelled"; }
};

/// While it lives, long work of this thread asks this function as well. Scopes nest: the innermost
/// one is asked.
class CancelScope {
public:
    explicit CancelScope(Cancel cancelled);
    ~CancelScope();
    CancelScope(const CancelScope&) = delete;
    CancelScope& operator=(const CancelScope&) = delete;

private:
    Cancel cancelled_;
    const Cancel* outer_;
};

/// Whether the work of this thread is to end.
[[nodiscard]] bool is_cancelled();

/// Throws Cancelled where it is.
void stop_if_cancelled();

}  // namespace otherwise
