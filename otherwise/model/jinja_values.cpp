#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_values.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "jinja/value.h"
#include "otherwise/model/jinja_budget.h"

namespace otherwise {
namespace {

using jinja::is_val;
using jinja::value;

/// The engine writes six decimals: that is repr() where it reads back the same.
std::string number_text(const value& one) {
    constexpr double kMost = 1e9;
    auto text = one->as_string().str();
    if (!is_val<jinja::value_float>(one)) {
        return text;
    }
    const double number = one->as_float();
    if (!std::isfinite(number) || std::fabs(number) > kMost ||
        std::strtod(text.c_str(), nullptr) != number) {
        refuse_jinja("the text of the number " + text);
    }
    return text;
}

/// repr() of a text that has nothing to escape.
std::string quoted(const std::string& text) {
    const auto escapes = [](unsigned char c) { return c < ' ' || c >= 0x7F || c == '\\'; };
    const bool single = text.find('\'') != std::string::npos;
    if (std::ranges::any_of(text, escapes) || (single && text.find('"') != std::string::npos)) {
        refuse_jinja("a list or dict as text, with a text in it that Python escapes");
    }
    return single ? '"' + text + '"' : "'" + text + "'";
}

void add_repr(const value& one, std::string& text) {
    if (is_val<jinja::value_string>(one)) {
        text += quoted(one->val_str.str());
    } else if (is_val<jinja::value_array>(one)) {
        const bool is_tuple = is_val<jinja::value_tuple>(one);
        text += is_tuple ? '(' : '[';
        const auto& items = one->as_array();
        for (std::size_t i = 0; i < items.size(); ++i) {
            text += i > 0 ? ", " : "";
            add_repr(items[i], text);
        }
        text += is_tuple && items.size() == 1 ? "," : "";
        text += is_tuple ? ')' : ']';
    } else if (is_val<jinja::value_object>(one)) {
        text += '{';
        bool first = true;
        for (const auto& [key, item] : one->as_ordered_object()) {
            text += first ? "" : ", ";
            first = false;
            add_repr(key, text);
            text += ": ";
            add_repr(item, text);
        }
        text += '}';
    } else if (one->is_undefined()) {
        text += "Undefined";
    } else {
        text += text_of(one).str();
    }
}

}  // namespace

std::string kind_of(const value& one) {
    if (is_val<jinja::value_string>(one)) {
        return "a text";
    }
    if (is_val<jinja::value_tuple>(one)) {
        return "a tuple";
    }
    if (is_val<jinja::value_array>(one)) {
        return "a list";
    }
    if (is_val<jinja::value_object>(one)) {
        return "a dict";
    }
    if (one->is_none()) {
        return "None";
    }
    if (one->is_undefined()) {
        return "something undefined";
    }
    if (is_val<jinja::value_func>(one)) {
        return "a function";
    }
    return is_val<jinja::value_bool>(one) ? "true or false" : "a number";
}

bool is_number(const value& one) {
    return is_val<jinja::value_int>(one) || is_val<jinja::value_float>(one);
}

jinja::string text_of(const value& one) {
    if (is_val<jinja::value_string>(one)) {
        return one->val_str;
    }
    if (one->is_undefined()) {
        return {};
    }
    if (one->is_none()) {
        return std::string("None");
    }
    if (is_val<jinja::value_bool>(one) || is_number(one)) {
        return number_text(one);
    }
    if (is_val<jinja::value_array>(one) || is_val<jinja::value_object>(one)) {
        const auto size = size_of(one);
        spend(size.values * kWorkOfValue + 4 * size.bytes);
        std::string text;
        add_repr(one, text);
        return text;
    }
    refuse_jinja("the text of " + kind_of(one));
}

bool is_same(const value& one, const value& other) {
    spend(kWorkOfValue);
    if (is_val<jinja::value_array>(one) && is_val<jinja::value_array>(other)) {
        return is_val<jinja::value_tuple>(one) == is_val<jinja::value_tuple>(other) &&
               std::ranges::equal(one->as_array(), other->as_array(), is_same);
    }
    if (is_val<jinja::value_object>(one) && is_val<jinja::value_object>(other)) {
        const auto& entries = one->as_ordered_object();
        return entries.size() == other->as_ordered_object().size() &&
               std::ranges::all_of(entries, [&](const auto& entry) {
                   return other->has_key(entry.first) &&
                          is_same(entry.second, other->at(entry.first));
               });
    }
    if (is_val<jinja::value_string>(one) && is_val<jinja::value_string>(other)) {
        spend(bytes_of(one->val_str) + bytes_of(other->val_str));
    }
    return *one == *other;
}

}  // namespace otherwise
#endif
