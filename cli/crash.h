// The last line of a process that crashes: a bare signal tells a user nothing.
#pragma once

#include <string>

namespace otherwise::cli {

/// From here on SIGILL, SIGSEGV, SIGBUS, SIGFPE and SIGABRT print one line on stderr, and then end
/// the process as they would have.
void explain_crashes();

/// From here on llama.cpp's code runs, `in_use` names its kernels: a crash is put down to it. Its
/// own reason to abort goes into the line instead of to stderr. Called from one thread.
void blame_kernels(const std::string& in_use);

}  // namespace otherwise::cli
