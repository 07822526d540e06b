// A long call, looked after: progress goes to a function of Python's, Ctrl-C and whatever that
// function raises end the call at its next step.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "otherwise/base/setting.h"
#include "python/src/waiting.h"

namespace otherwise::python {

class Watch {
public:
    /// `progress` is called with (done, total), `note` with a line for people; either may be None.
    explicit Watch(nanobind::object progress = nanobind::none(),
                   nanobind::object note = nanobind::none())
        : progress_(std::move(progress)), note_(std::move(note)) {}

    [[nodiscard]] std::function<bool()> cancelled() {
        return [this] { return raised_ != nullptr || looked(); };
    }
    [[nodiscard]] std::function<void(long, long)> on_progress() {
        return [this](long done, long total) { show(done, total); };
    }
    [[nodiscard]] std::function<void(const std::string&)> on_note() {
        return [this](const std::string& line) {
            if (raised_ == nullptr) {
                call(note_, [&] { (void)note_(plain_settings(line)); });
            }
        };
    }
    /// body() without the GIL; then throws what was raised meanwhile, whatever body() threw.
    template <typename Body>
    auto run(const Body& body) {
        try {
            auto result = [&] {
                const nanobind::gil_scoped_release release;
                return body();
            }();
            rethrow();
            return result;
        } catch (...) {
            rethrow();
            throw;
        }
    }
    /// Ctrl-C ends the work as well, but run() returns what there is then.
    void keep_interrupts() { keeps_ = true; }
    [[nodiscard]] bool interrupted() const { return interrupted_; }

    /// function() under the GIL; what it raises is kept.
    template <typename Function>
    void call(nanobind::handle wanted, const Function& function) {
        if (wanted.is_none()) {
            return;
        }
        const nanobind::gil_scoped_acquire acquire;
        try {
            function();
        } catch (nanobind::python_error&) {
            raised_ = std::current_exception();
        }
    }

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
    void show(long done, long total) {
        if (raised_ == nullptr && (done == total || shown_ != total || pace_.due())) {
            shown_ = total;
            call(progress_, [&] { (void)progress_(done, total); });
        }
    }
    void rethrow() {
        if (raised_ == nullptr) {
            return;
        }
        try {
            std::rethrow_exception(std::exchange(raised_, nullptr));
        } catch (const nanobind::python_error& error) {
            if (!keeps_ || !error.matches(PyExc_KeyboardInterrupt)) {
                throw;
            }
            interrupted_ = true;
        }
    }

    nanobind::object progress_;
    nanobind::object note_;
    std::exception_ptr raised_;
    Pace pace_{std::chrono::milliseconds(20)};
    long shown_ = -1;
    bool keeps_ = false;
    bool interrupted_ = false;
};

}  // namespace otherwise::python
