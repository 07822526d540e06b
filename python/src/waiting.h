// Long work beside Python: how often it is told, and Ctrl-C.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>

namespace otherwise::python {

/// True now and then: the GIL is not to be taken for each of many short steps.
class Pace {
public:
    explicit Pace(std::chrono::milliseconds patience = std::chrono::milliseconds(100))
        : patience_(patience) {}

    [[nodiscard]] bool due() {
        const auto now = std::chrono::steady_clock::now();
        if (now - last_ < patience_) {
            return false;
        }
        last_ = now;
        return true;
    }

private:
    std::chrono::milliseconds patience_;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Whether Ctrl-C was pressed: then work ends where it is. What a signal's handler throws besides
/// goes through. To be asked without the GIL.
class Interrupt {
public:
    [[nodiscard]] bool asked() {
        if (came_ || !pace_.due()) {
            return came_;
        }
        const nanobind::gil_scoped_acquire acquire;
        if (PyErr_CheckSignals() != 0) {
            if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) == 0) {
                throw nanobind::python_error();
            }
            PyErr_Clear();
            came_ = true;
        }
        return came_;
    }

private:
    Pace pace_;
    bool came_ = false;
};

}  // namespace otherwise::python
