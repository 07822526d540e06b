// Arguments of a call in a template, by their place or name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "jinja/value.h"
#include "otherwise/model/jinja_budget.h"
#include "otherwise/model/jinja_functions.h"
#include "otherwise/model/jinja_values.h"

namespace otherwise {

/// Of a function, with the value that it is applied to in the first place.
class Given {
public:
    /// Of arguments that outlive this. Throws std::runtime_error: more than `most` places.
    Given(std::string name, JinjaArguments&& all, std::size_t most) = delete;
    Given(std::string name, const JinjaArguments& all, std::size_t most)
        : name_(std::move(name)), all_(all) {
        std::size_t places = 0;
        for (const auto& one : all_) {
            places += jinja::is_val<jinja::value_kwarg>(one) ? 0 : 1;
        }
        if (places > most) {
            refuse_jinja(name_ + "() with " + std::to_string(places - 1) + " arguments");
        }
    }

    /// Undefined where it is missing.
    [[nodiscard]] jinja::value get(std::size_t place, const char* key = "") const {
        for (const auto& one : all_) {
            const auto* named = jinja::cast_val<jinja::value_kwarg>(one);
            if (named != nullptr && named->key == key) {
                return named->val;
            }
        }
        const bool is_there =
            place < all_.size() && !jinja::is_val<jinja::value_kwarg>(all_[place]);
        return is_there ? all_[place] : jinja::mk_val<jinja::value_undefined>();
    }

    [[nodiscard]] bool has(std::size_t place, const char* key = "") const {
        return !get(place, key)->is_undefined();
    }
    [[nodiscard]] bool flag(std::size_t place, const char* key) const {
        return has(place, key) && get(place, key)->as_bool();
    }
    /// None counts as missing.
    [[nodiscard]] std::optional<std::string> text(std::size_t place, const char* key = "") const {
        const auto one = get(place, key);
        if (one->is_undefined() || one->is_none()) {
            return std::nullopt;
        }
        return needed_text(place, key).str();
    }
    [[nodiscard]] jinja::string needed_text(std::size_t place, const char* key = "") const {
        const auto one = get(place, key);
        if (!jinja::is_val<jinja::value_string>(one)) {
            refuse_jinja(name_ + "() of " + kind_of(one) + " where a text should be");
        }
        return one->val_str;
    }
    [[nodiscard]] std::int64_t whole(std::size_t place, const char* key,
                                     std::int64_t otherwise) const {
        const auto one = get(place, key);
        if (one->is_undefined()) {
            return otherwise;
        }
        if (!jinja::is_val<jinja::value_int>(one)) {
            refuse_jinja(name_ + "() of " + kind_of(one) + " where a number should be");
        }
        return one->as_int();
    }

private:
    std::string name_;
    const JinjaArguments& all_;
};

/// The items of a list, of something undefined none, and of None where the function takes it.
/// Throws std::runtime_error for another thing.
[[nodiscard]] inline std::vector<jinja::value> items_of(const std::string& name,
                                                        const jinja::value& one,
                                                        bool or_none = false) {
    if (one->is_undefined() || (or_none && one->is_none())) {
        return {};
    }
    if (!jinja::is_val<jinja::value_array>(one)) {
        refuse_jinja(name + "() of " + kind_of(one));
    }
    spend(one->as_array().size(), kWorkOfValue);
    return one->as_array();
}

/// The member at a path of names and indices with dots between them; the value itself for "".
[[nodiscard]] jinja::value attribute_of(jinja::value one, const std::string& path);

}  // namespace otherwise
