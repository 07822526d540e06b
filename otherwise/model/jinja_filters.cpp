#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_filters.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/value.h"
#include "otherwise/base/text.h"
#include "otherwise/model/jinja_arguments.h"
#include "otherwise/model/jinja_text.h"

namespace otherwise {
namespace {

using jinja::is_val;
using jinja::mk_val;
using jinja::value;

value text_list(std::vector<jinja::string> texts) {
    auto list = mk_val<jinja::value_array>();
    for (auto& text : texts) {
        list->push_back(text_value(std::move(text)));
    }
    return list;
}

/// A text of digits, perhaps with a sign and a point, as int() and float() read it.
std::optional<double> plain_number(std::string_view text) {
    text = trimmed(text);
    constexpr std::size_t kLongest = 15;
    const auto digits = text.substr(text.find_first_not_of("+-") == 1 ? 1 : 0);
    if (text.find_first_of("_eEnN") != std::string_view::npos || text.size() > kLongest) {
        refuse_jinja("the number of '" + to_utf8(text.substr(0, kLongest)) + "'");
    }
    if (digits.empty() || digits.find_first_not_of("0123456789.") != std::string_view::npos ||
        digits == "." || std::ranges::count(digits, '.') > 1) {
        return std::nullopt;
    }
    return std::strtod(std::string(text).c_str(), nullptr);
}

/// The engine writes six digits of a number with a point, and no point where it can.
void require_plain_numbers(const value& one) {
    if (is_val<jinja::value_float>(one)) {
        refuse_jinja("tojson() of a number with a point");
    }
    if (is_val<jinja::value_array>(one)) {
        std::ranges::for_each(one->as_array(), require_plain_numbers);
    } else if (is_val<jinja::value_object>(one)) {
        for (const auto& [key, item] : one->as_ordered_object()) {
            require_plain_numbers(item);
        }
    } else if (one->is_undefined() || is_val<jinja::value_func>(one)) {
        refuse_jinja("tojson() of " + kind_of(one));
    }
}

}  // namespace

value text_value(jinja::string text) {
    spend(bytes_of(text));
    auto made = mk_val<jinja::value_string>();
    made->val_str = std::move(text);
    return made;
}

/// The engine's own, which copies what it is given a few times.
value engine_function(jinja::context& context, const std::string& name,
                      const jinja::func_handler& function, const JinjaArguments& arguments) {
    jinja::func_args given(context);
    given.func_name = name;
    for (const auto& argument : arguments) {
        const auto size = size_of(argument);
        spend(size.values * kWorkOfValue + 3 * size.bytes);
        given.push_back(argument);
    }
    return function(given);
}

value engine_builtin(jinja::context& context, const std::string& name,
                     const JinjaArguments& arguments) {
    const auto& builtins = arguments[0]->get_builtins();
    const auto found = builtins.find(name);
    if (found == builtins.end()) {
        refuse_jinja("Unknown (built-in) filter '" + name + "' for type " + arguments[0]->type());
    }
    return engine_function(context, name, found->second, arguments);
}

value jinja_replace(const JinjaArguments& arguments) {
    const Given given("replace", arguments, 4);
    const auto text = given.needed_text(0);
    const auto all = text.str();
    const auto old = given.needed_text(1, "old").str();
    const auto fresh = given.needed_text(2, "new");
    const bool limited = given.has(3, "count") && !given.get(3, "count")->is_none();
    auto most = limited ? given.whole(3, "count", -1) : -1;
    if (old.empty()) {
        refuse_jinja("replace() of an empty text");
    }
    const auto count = spend_search(all, old);
    spend(count, bytes_of(fresh) + text.parts.size());
    jinja::string result;
    std::size_t from = 0;
    for (auto at = all.find(old); at != std::string::npos && most != 0; --most) {
        result.append(cut(text, from, at)).append(fresh);
        from = at + old.size();
        at = all.find(old, from);
    }
    return text_value(result.append(cut(text, from, all.size())));
}

value jinja_join(const value& list, const jinja::string& between, const std::string& attribute,
                 bool texts_alone) {
    jinja::string result;
    bool first = true;
    for (const auto& item : items_of("join", list)) {
        const auto one = attribute_of(item, attribute);
        if (texts_alone && !is_val<jinja::value_string>(one)) {
            refuse_jinja("join() of " + kind_of(one) + " where a text should be");
        }
        const auto text = text_of(one);
        spend(bytes_of(text) + bytes_of(between));
        result.append(first ? jinja::string() : between).append(text);
        first = false;
    }
    return text_value(std::move(result));
}

value jinja_indent(const JinjaArguments& arguments) {
    const Given given("indent", arguments, 4);
    const auto text = given.needed_text(0);
    const auto width = given.get(1, "width");
    constexpr std::int64_t kWidth = 4;
    constexpr std::int64_t kWidest = 10000;
    const auto spaces = is_val<jinja::value_string>(width) ? 0 : given.whole(1, "width", kWidth);
    if (spaces > kWidest) {
        refuse_jinja("indent() by more than " + std::to_string(kWidest));
    }
    const std::string before =
        is_val<jinja::value_string>(width)
            ? width->val_str.str()
            : std::string(static_cast<std::size_t>(std::max<std::int64_t>(spaces, 0)), ' ');
    const auto lines = split(text, "\n", -1, false);
    spend(lines.size(), before.size() + kWorkOfValue);
    jinja::string result;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto line = lines[i].str();
        if (line.find_first_of("\r\v\f\x1C\x1D\x1E") != std::string::npos ||
            line.find("\xC2\x85") != std::string::npos ||
            line.find("\xE2\x80\xA8") != std::string::npos ||
            line.find("\xE2\x80\xA9") != std::string::npos) {
            refuse_jinja("indent() of lines that end otherwise than in a newline");
        }
        const bool wanted =
            i == 0 ? given.flag(2, "first") : given.flag(3, "blank") || !line.empty();
        result.append(i == 0 ? jinja::string() : jinja::string(std::string("\n")))
            .append(wanted ? jinja::string(before) : jinja::string())
            .append(lines[i]);
    }
    return text_value(std::move(result));
}

value jinja_number(const std::string& name, const JinjaArguments& arguments) {
    const Given given(name, arguments, 3);
    const auto& one = arguments[0];
    const bool whole = name == "int";
    if (given.has(2, "base") && (!whole || given.whole(2, "base", 10) != 10)) {
        refuse_jinja(name + "() with a base");
    }
    std::optional<double> number;
    if (is_val<jinja::value_string>(one)) {
        number = plain_number(one->val_str.str());
    } else if (is_number(one)) {
        number = one->as_float();
    } else if (is_val<jinja::value_bool>(one)) {
        number = one->as_bool() ? 1.0 : 0.0;
    } else if (one->is_undefined()) {
        refuse_jinja(name + "() of something undefined");
    }
    if (!number && given.has(1, "default")) {
        return given.get(1, "default");
    }
    const double found = number.value_or(0.0);
    return whole ? value(mk_val<jinja::value_int>(static_cast<std::int64_t>(found)))
                 : value(mk_val<jinja::value_float>(found));
}

value jinja_tojson(jinja::context& context, const JinjaArguments& arguments) {
    const Given given("tojson", arguments, 5);
    constexpr std::int64_t kWidest = 100;
    constexpr std::size_t kDeepest = 100;
    constexpr std::size_t kEscaped = 6;  // of a byte at most
    const auto size = size_of(arguments[0]);
    require_plain_numbers(arguments[0]);
    const auto indent = given.get(2, "indent");
    if (is_val<jinja::value_int>(indent) && (indent->as_int() > kWidest || indent->as_int() < 0)) {
        refuse_jinja("tojson() with an indent beyond " + std::to_string(kWidest));
    }
    const auto width = is_val<jinja::value_int>(indent) ? indent->as_int() : 0;
    const auto between = size_of(given.get(3, "separators")).bytes;
    spend(kEscaped * size.bytes);
    spend(size.values, kWorkOfValue + between + static_cast<std::size_t>(width) * kDeepest);
    return engine_builtin(context, "tojson", arguments);
}

value jinja_length(const value& one) {
    std::size_t count = 0;
    if (is_val<jinja::value_string>(one)) {
        spend(bytes_of(one->val_str));
        count = count_characters(one->val_str);
    } else if (is_val<jinja::value_array>(one)) {
        count = one->as_array().size();
    } else if (is_val<jinja::value_object>(one)) {
        count = one->as_ordered_object().size();
    } else if (!one->is_undefined()) {
        refuse_jinja("length of " + kind_of(one));
    }
    return mk_val<jinja::value_int>(static_cast<std::int64_t>(count));
}

value jinja_default(const JinjaArguments& arguments) {
    const Given given("default", arguments, 3);
    const auto& one = arguments[0];
    const bool lacks = one->is_undefined() || (given.flag(2, "boolean") && !one->as_bool());
    if (!lacks) {
        return one;
    }
    return given.has(1, "default_value") ? given.get(1, "default_value")
                                         : value(mk_val<jinja::value_string>(std::string()));
}

value jinja_strip(const std::string& name, const JinjaArguments& arguments) {
    const Given given(name, arguments, 2);
    return text_value(
        stripped(given.needed_text(0), name != "rstrip", name != "lstrip", given.text(1, "chars")));
}

value jinja_split(const std::string& name, const JinjaArguments& arguments) {
    const Given given(name, arguments, 3);
    const auto text = given.needed_text(0);
    const auto separator = given.text(1, "sep");
    if (separator) {
        (void)spend_search(text.str(), *separator);
    }
    return text_list(split(text, separator, given.whole(2, "maxsplit", -1), name == "rsplit"));
}

value jinja_format(jinja::context& context, const JinjaArguments& arguments) {
    const auto text = arguments[0]->val_str.str();
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '}' && (at == 0 || text[at - 1] != '{')) {
            refuse_jinja("format() of a single }");
        }
    }
    for (const auto& argument : arguments) {
        (void)text_of(argument);
    }
    JinjaArguments texts;
    for (const auto& argument : arguments) {
        texts.push_back(text_value(text_of(argument)));
    }
    return engine_builtin(context, "format", texts);
}

}  // namespace otherwise
#endif
