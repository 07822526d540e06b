// The one exception of the library.
//
// Every failure says what was expected, what came and, where there is one, what to try. The command
// prints it as a single line and exits with the fault's number; the library itself never prints.
#pragma once

#include <stdexcept>
#include <string>

#include "otherwise/base/setting.h"

namespace otherwise {

/// Whose fault it is; the value is the command's exit code.
enum class Fault {
    failed = 1,  ///< the world outside (a file, memory, a model) did not do what was asked
    misuse = 2,  ///< the request itself makes no sense
};

/// What an Error says. `where` is the library function, not shown by the command. Settings are
/// named by setting(), so that each face writes them in its way.
struct Complaint {
    std::string where;
    std::string expected;
    std::string came;
    std::string advice{};  ///< what to try, may be empty
};

/// what() is "expected …, got …; …" with settings in plain form.
class Error : public std::runtime_error {
public:
    Error(Fault fault, Complaint complaint);

    /// The same with settings as a face writes them.
    [[nodiscard]] std::string text(const SettingWriter& write) const;

    [[nodiscard]] Fault fault() const noexcept { return fault_; }
    [[nodiscard]] const Complaint& complaint() const noexcept { return complaint_; }

private:
    Fault fault_;
    Complaint complaint_;
};

/// Throws Error(Fault::failed, …).
[[noreturn]] void fail(Complaint complaint);
/// Throws Error(Fault::misuse, …).
[[noreturn]] void misuse(Complaint complaint);

}  // namespace otherwise
