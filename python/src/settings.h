// Settings of Python's functions, by name, put into the library's plain values. A setting that is
// not given keeps the library's default.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "otherwise/base/error.h"
#include "python/src/rows.h"

namespace otherwise::python {

/// As the stubs have them.
using Given = nanobind::typed<nanobind::dict, nanobind::str, nanobind::any>;
using Values = nanobind::typed<nanobind::tuple, nanobind::any, nanobind::ellipsis>;

/// {name: value}, of which the functions take out what they know.
class Settings {
public:
    explicit Settings(nanobind::dict given) : given_(std::move(given)) {}

    /// A value of this type; `what` is for the message of another.
    template <typename T>
    void take(const char* name, T& to, const char* what) const {
        if (const auto value = find(name); value.is_valid()) {
            T read{};
            if (!fits<T>(value) || !nanobind::try_cast(value, read)) {
                refuse(name, what, value);
            }
            to = std::move(read);
        }
    }
    void take(const char* name, std::string& to) const { take(name, to, "a text"); }
    void take(const char* name, std::optional<std::string>& to) const {
        if (has(name)) {
            take(name, to.emplace());
        }
    }
    void take(const char* name, bool& to) const { take(name, to, "True or False"); }

    template <typename T>
    void take_whole(const char* name, T& to, std::int64_t least,
                    std::int64_t most = std::numeric_limits<std::int32_t>::max()) const {
        if (const auto value = find(name); value.is_valid()) {
            std::int64_t read = 0;
            take(name, read, "a whole number");
            if (read < least || read > most) {
                misuse({.where = "Settings",
                        .expected = "`" + std::string(name) + "` from " + std::to_string(least) +
                                    " to " + std::to_string(most),
                        .came = std::to_string(read)});
            }
            to = static_cast<T>(read);
        }
    }
    template <typename T>
    void take_real(const char* name, T& to, double least, double most) const {
        if (const auto value = find(name); value.is_valid()) {
            double read = 0.0;
            take(name, read, "a number");
            const bool within = read >= least && read <= most;  // not so of NaN
            if (!within) {
                misuse({.where = "Settings",
                        .expected = "`" + std::string(name) + "` from " + number_text(least) +
                                    " to " + number_text(most),
                        .came = number_text(read)});
            }
            to = read;
        }
    }
    [[nodiscard]] bool has(const char* name) const { return find(name).is_valid(); }

private:
    [[nodiscard]] nanobind::object find(const char* name) const {
        if (!given_.contains(name)) {
            return {};
        }
        nanobind::object value = given_[name];
        return value.is_none() ? nanobind::object{} : value;
    }
    /// Neither a text that is a number's nor True as 1.
    template <typename T>
    [[nodiscard]] static bool fits(nanobind::handle value) {
        const bool truth = nanobind::isinstance<nanobind::bool_>(value);
        if constexpr (std::is_same_v<T, bool>) {
            return truth;
        } else if constexpr (std::is_integral_v<T>) {
            return !truth && PyIndex_Check(value.ptr()) != 0;
        } else if constexpr (std::is_floating_point_v<T>) {
            return !truth && PyNumber_Check(value.ptr()) != 0;
        } else {
            return true;
        }
    }
    [[noreturn]] static void refuse(const char* name, const char* what, nanobind::handle value) {
        misuse({.where = "Settings",
                .expected = std::string(what) + " for `" + name + "`",
                .came = nanobind::cast<std::string>(value.type().attr("__name__"))});
    }

    nanobind::dict given_;
};

}  // namespace otherwise::python
