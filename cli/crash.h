// The last line of a process that crashes: a bare signal tells a user nothing.
#pragma once

#include <string>

namespace otherwise::cli {

/// From here on SIGILL, SIGSEGV, SIGBUS, SIGFPE and SIGABRT print one line on stderr, take away
/// unfinished files, and then end the process as they would have. Where llama.cpp itself aborts its
/// reason is in the line, and the process fails with 1 like over any file that is not sound.
/// Memory that is refused where nobody can be told, as in a destructor, ends the process in the
/// line of explain_no_memory() and with 1, too.
void explain_crashes();

/// The line for memory that is refused; takes none itself.
void explain_no_memory() noexcept;

/// From here on llama.cpp's code runs, `in_use` names its kernels: a crash is put down to it.
/// Called from one thread.
void blame_kernels(const std::string& in_use);

}  // namespace otherwise::cli
