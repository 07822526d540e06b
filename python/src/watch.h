// A long call, looked after: lines and progress go to functions of Python's; Ctrl-C, and whatever
// those functions raise, end the call at its next step. The only place where work waits for Python.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "otherwise/base/cancelled.h"
#include "python/src/words.h"

namespace otherwise::python {

/// True now and then: the GIL is not to be taken for each of many short steps.
class Pace {
public:
    [[nodiscard]] bool due() {
        constexpr auto kPatience = std::chrono::milliseconds(20);
        const auto now = std::chrono::steady_clock::now();
        if (now - last_ < kPatience) {
            return false;
        }
        last_ = now;
        return true;
    }

private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

class Watch {
public:
    using OnProgress = std::function<void(long done, long total)>;

    /// `progress` is called with (done, total), `note` with a line for people; either may be None.
    explicit Watch(nanobind::object progress = nanobind::none(),
                   nanobind::object note = nanobind::none())
        : progress_(std::move(progress)), note_(std::move(note)) {}

    /// Ctrl-C that came elsewhere.
    void interrupt() {
        const nanobind::gil_scoped_acquire acquire;
        if (raised_ == nullptr) {
            PyErr_SetNone(PyExc_KeyboardInterrupt);
            raised_ = std::make_exception_ptr(nanobind::python_error());
        }
    }
    [[nodiscard]] Cancel cancelled() {
        return [this] { return raised_ != nullptr || looked(); };
    }
    /// Given a name, progress is called with (what, done, total).
    [[nodiscard]] OnProgress on_progress(const char* what = nullptr) {
        return [this, what, pace = Pace(), shown = -1L](long done, long total) mutable {
            if (done == total || shown != total || pace.due()) {
                shown = total;
                call(progress_, [&] {
                    what == nullptr ? progress_(done, total) : progress_(what, done, total);
                });
            }
        };
    }
    [[nodiscard]] std::function<void(const std::string&)> on_note() {
        return [this](const std::string& line) {
            call(note_, [&] { (void)note_(python_text(line)); });
        };
    }
    /// function() under the GIL, where there is someone to call; what it raises is kept.
    template <typename Function>
    void call(nanobind::handle listener, const Function& function) {
        if (listener.is_none() || raised_ != nullptr) {
            return;
        }
        const nanobind::gil_scoped_acquire acquire;
        try {
            function();
        } catch (nanobind::python_error&) {
            raised_ = std::current_exception();
        }
    }

    /// body() without the GIL; then throws what was raised meanwhile, whatever body() threw.
    template <typename Body>
    auto run(const Body& body) {
        try {
            auto result = [&] {
                const nanobind::gil_scoped_release release;
                const CancelScope scope(cancelled());
                return body();
            }();
            finish(keeps_);
            return result;
        } catch (...) {
            finish(false);
            throw;
        }
    }
    /// Where body() returns after Ctrl-C, run() does, with what is done until then.
    void keep_interrupts() { keeps_ = true; }
    [[nodiscard]] bool interrupted() const { return interrupted_; }

private:
    bool looked() {
        if (!pace_.due()) {
            return false;
        }
        const nanobind::gil_scoped_acquire acquire;
        if (PyErr_CheckSignals() != 0) {
            raised_ = std::make_exception_ptr(nanobind::python_error());
        }
        return raised_ != nullptr;
    }
    void finish(bool keeps) {
        if (raised_ == nullptr) {
            return;
        }
        try {
            std::rethrow_exception(std::exchange(raised_, nullptr));
        } catch (const nanobind::python_error& error) {
            if (!keeps || !error.matches(PyExc_KeyboardInterrupt)) {
                throw;
            }
            interrupted_ = true;
        }
    }

    nanobind::object progress_;
    nanobind::object note_;
    std::exception_ptr raised_;
    Pace pace_;
    bool keeps_ = false;
    bool interrupted_ = false;
};

}  // namespace otherwise::python
