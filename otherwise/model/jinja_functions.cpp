#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_functions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "jinja/value.h"
#include "otherwise/base/text.h"
#include "otherwise/model/jinja_arguments.h"
#include "otherwise/model/jinja_lists.h"
#include "otherwise/model/jinja_text.h"

namespace otherwise {
namespace {

using jinja::is_val;
using jinja::mk_val;
using jinja::value;
using std::string_view_literals::operator""sv;

template <typename Names>
bool is_among(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

value text_value(jinja::string text) {
    spend(bytes_of(text));
    auto made = mk_val<jinja::value_string>();
    made->val_str = std::move(text);
    return made;
}

value text_list(std::vector<jinja::string> texts) {
    auto list = mk_val<jinja::value_array>();
    for (auto& text : texts) {
        list->push_back(text_value(std::move(text)));
    }
    return list;
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

std::optional<LetterCase> letter_case(std::string_view name) {
    static constexpr std::array kCases{std::pair{"upper"sv, LetterCase::upper},
                                       std::pair{"lower"sv, LetterCase::lower},
                                       std::pair{"capitalize"sv, LetterCase::capitalize},
                                       std::pair{"title"sv, LetterCase::title}};
    for (const auto& [known, letters] : kCases) {
        if (known == name) {
            return letters;
        }
    }
    return std::nullopt;
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
    const auto all = text.str();
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
        const bool wanted = i == 0 ? given.flag(2, "first")
                                   : given.flag(3, "blank") || !line.empty();
        result.append(i == 0 ? jinja::string() : jinja::string(std::string("\n")))
            .append(wanted ? jinja::string(before) : jinja::string())
            .append(lines[i]);
    }
    return text_value(std::move(result));
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

value jinja_tojson(jinja::context& context, const JinjaArguments& arguments) {
    const Given given("tojson", arguments, 5);
    constexpr std::int64_t kWidest = 100;
    constexpr std::size_t kDeepest = 100;
    constexpr std::size_t kEscaped = 6;  // of a byte at most
    const auto size = size_of(arguments[0]);
    require_plain_numbers(arguments[0]);
    const auto indent = given.get(2, "indent");
    if (is_val<jinja::value_int>(indent) &&
        (indent->as_int() > kWidest || indent->as_int() < 0)) {
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
    return text_value(stripped(given.needed_text(0), name != "rstrip", name != "lstrip",
                               given.text(1, "chars")));
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

constexpr std::array kTextMethods{"strip"sv,      "lstrip"sv,   "rstrip"sv,  "split"sv,
                                  "rsplit"sv,     "upper"sv,    "lower"sv,   "capitalize"sv,
                                  "title"sv,      "replace"sv,  "join"sv,    "format"sv,
                                  "startswith"sv, "endswith"sv};
constexpr std::array kDictMethods{"get"sv, "keys"sv, "values"sv, "items"sv};
/// Those that change what they are called on.
constexpr std::array kMutating{"append"sv, "clear"sv,  "pop"sv,        "reverse"sv,
                               "insert"sv, "sort"sv,   "extend"sv,     "remove"sv,
                               "popitem"sv, "update"sv, "setdefault"sv};
/// Of Jinja2 and of the engine.
constexpr std::array kFilters{
    "abs"sv,    "count"sv,  "d"sv,      "default"sv,    "dictsort"sv, "first"sv,  "float"sv,
    "indent"sv, "int"sv,    "items"sv,  "join"sv,       "last"sv,     "length"sv, "list"sv,
    "map"sv,    "max"sv,    "min"sv,    "reject"sv,     "replace"sv,  "reverse"sv, "safe"sv,
    "select"sv, "sort"sv,   "string"sv, "selectattr"sv, "rejectattr"sv, "tojson"sv, "trim"sv,
    "sum"sv,    "truncate"sv, "unique"sv, "wordcount"sv, "upper"sv, "lower"sv, "capitalize"sv,
    "title"sv};

/// Filters of text, which take the text of whatever they are applied to.
value text_filter(const std::string& name, JinjaArguments arguments) {
    arguments[0] = text_value(text_of(arguments[0]));
    if (name == "replace") {
        return jinja_replace(arguments);
    }
    if (name == "trim") {
        return jinja_strip(name, arguments);
    }
    const Given given(name, arguments, 1);
    return text_value(in_case(given.needed_text(0), *letter_case(name)));
}

}  // namespace

bool has_method(const value& one, const std::string& name) {
    if (is_val<jinja::value_string>(one)) {
        return is_among(kTextMethods, name);
    }
    if (is_val<jinja::value_array>(one)) {
        return is_among(kMutating, name);
    }
    const auto* object = jinja::cast_val<jinja::value_object>(one);
    return object != nullptr && object->has_builtins && !BoundedRendering::is_namespace(one) &&
           (is_among(kDictMethods, name) || is_among(kMutating, name));
}

value member_of(const value& one, const value& name) {
    if (one->is_undefined()) {
        refuse_jinja("a member of something undefined, " + text_of(name).str());
    }
    value none = mk_val<jinja::value_undefined>("object_property");
    const bool is_index = is_val<jinja::value_int>(name) || is_val<jinja::value_bool>(name);
    if (is_val<jinja::value_object>(one)) {
        if (one->has_key(name)) {
            return one->at(name);
        }
    } else if (is_val<jinja::value_array>(one) && is_index) {
        return one->at(name->as_int(), none);
    } else if (is_val<jinja::value_string>(one) && is_index) {
        auto found = character_at(one->val_str, name->as_int());
        return found ? text_value(std::move(*found)) : none;
    }
    if (is_val<jinja::value_string>(name) && has_method(one, name->val_str.str())) {
        return mk_val<jinja::value_func>(name->val_str.str(), jinja::func_handler(), one);
    }
    return none;
}

value apply_filter(jinja::context& context, std::string name, const JinjaArguments& arguments) {
    const auto& one = arguments[0];
    if (!is_among(kFilters, name)) {
        refuse_jinja("Unknown (built-in) filter '" + name + "' for type " + one->type());
    }
    if (name == "replace" || name == "trim" || letter_case(name)) {
        return text_filter(name, arguments);
    }
    name = name == "count" ? "length" : name;
    if (name == "default" || name == "d") {
        return jinja_default(arguments);
    }
    if (name == "length") {
        return jinja_length(one);
    }
    if ((name == "first" || name == "last") && is_val<jinja::value_array>(one)) {
        return member_of(one, mk_val<jinja::value_int>(name == "first" ? 0 : -1));
    }
    if (name == "string" || (name == "safe" && !one->is_undefined())) {
        return text_value(text_of(one));
    }
    if (name == "int" || name == "float") {
        return jinja_number(name, arguments);
    }
    if (name == "indent") {
        return jinja_indent(arguments);
    }
    if (name == "join") {
        const Given given(name, arguments, 3);
        const auto between = given.has(1, "d") ? text_of(given.get(1, "d")) : jinja::string();
        return jinja_join(one, between, given.text(2, "attribute").value_or(""), false);
    }
    if (name == "tojson") {
        return jinja_tojson(context, arguments);
    }
    if (name.starts_with("select") || name.starts_with("reject")) {
        return jinja_select(context, name, arguments);
    }
    if (name == "map") {
        return jinja_map(context, arguments);
    }
    if (name == "sort") {
        return jinja_sort(arguments);
    }
    if (name == "min" || name == "max") {
        return jinja_extreme(name, arguments);
    }
    if (name == "dictsort") {
        return jinja_dictsort(arguments);
    }
    if (one->is_none()) {
        refuse_jinja(name + "() of None");
    }
    return engine_builtin(context, name, arguments);
}

value call_method(jinja::context& context, const std::string& name,
                  const JinjaArguments& arguments) {
    if (is_among(kMutating, name)) {
        refuse_jinja(name + "(), which changes a list or dict: transformers refuses it");
    }
    if (name.ends_with("strip")) {
        return jinja_strip(name, arguments);
    }
    if (name.ends_with("split")) {
        return jinja_split(name, arguments);
    }
    if (name == "replace") {
        return jinja_replace(arguments);
    }
    if (name == "join") {
        const Given given(name, arguments, 2);
        return jinja_join(given.get(1), given.needed_text(0), "", true);
    }
    if (name == "format") {
        return jinja_format(context, arguments);
    }
    if (const auto letters = letter_case(name)) {
        const Given given(name, arguments, 1);
        return text_value(in_case(given.needed_text(0), *letters));
    }
    return engine_builtin(context, name, arguments);
}

bool passes_test(jinja::context& context, const std::string& name,
                 const JinjaArguments& arguments) {
    const auto& one = arguments[0];
    const auto other = [&] {
        if (arguments.size() != 2) {
            refuse_jinja("the test '" + name + "' without a value to compare with");
        }
        return arguments[1];
    };
    static constexpr std::array kEqual{"eq"sv, "equalto"sv, "=="sv};
    static constexpr std::array kLess{"lt"sv, "lessthan"sv, "<"sv};
    static constexpr std::array kGreater{"gt"sv, "greaterthan"sv, ">"sv};
    if (is_among(kEqual, name)) {
        return is_same(one, other());
    }
    if (name == "ne" || name == "!=") {
        return !is_same(one, other());
    }
    if (is_among(kLess, name)) {
        return is_less(one, other());
    }
    if (is_among(kGreater, name)) {
        return is_less(other(), one);
    }
    if (name == "ge" || name == ">=" || name == "le" || name == "<=") {
        const bool less = name == "ge" || name == ">=";
        return !(less ? is_less(one, other()) : is_less(other(), one));
    }
    if (name == "in") {
        return is_in(one, other());
    }
    if (name == "divisibleby") {
        const auto by = other();
        if (!is_val<jinja::value_int>(one) || !is_val<jinja::value_int>(by) || by->as_int() <= 0) {
            refuse_jinja("divisibleby " + text_of(by).str());
        }
        return one->as_int() % by->as_int() == 0;
    }
    if (name == "number" && is_val<jinja::value_bool>(one)) {
        return true;
    }
    if ((name == "lower" || name == "upper") && is_val<jinja::value_string>(one)) {
        const auto text = one->val_str.str();
        const auto small = in_case(one->val_str, LetterCase::lower).str();
        const auto large = in_case(one->val_str, LetterCase::upper).str();
        return small != large && text == (name == "lower" ? small : large);
    }
    const auto& builtins = jinja::global_builtins();
    const auto found = builtins.find("test_is_" + name);
    if (found == builtins.end()) {
        refuse_jinja("Unknown test '" + name + "'");
    }
    // These look at the kind of a value alone.
    jinja::func_args given(context);
    for (const auto& argument : arguments) {
        given.push_back(argument);
    }
    return found->second(given)->as_bool();
}

bool is_in(const value& one, const value& all) {
    if (all->is_undefined()) {
        return false;
    }
    if (is_val<jinja::value_string>(all)) {
        if (!is_val<jinja::value_string>(one)) {
            refuse_jinja(kind_of(one) + " in a text");
        }
        spend(bytes_of(all->val_str) + bytes_of(one->val_str));
        const auto part = one->val_str.str();
        return part.empty() || spend_search(all->val_str.str(), part) > 0;
    }
    if (is_val<jinja::value_object>(all)) {
        spend(size_of(one).bytes);
        return all->has_key(one);
    }
    const auto items = items_of("in", all);
    return std::ranges::any_of(items, [&](const value& item) { return is_same(one, item); });
}

value call_global(jinja::context& context, const jinja::value_func_t& function,
                  const JinjaArguments& arguments) {
    static constexpr std::array kGlobals{"dict"sv, "namespace"sv, "raise_exception"sv,
                                         "strftime_now"sv};
    if (function.name == "range") {
        const Given given("range", arguments, 3);
        constexpr std::int64_t kMost = 100000;  // as in Jinja2's sandbox
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            if (const auto number = given.whole(i, "", 0); number > kMost || number < -kMost) {
                refuse_jinja("range() beyond " + std::to_string(kMost));
            }
        }
        const auto step = std::abs(given.whole(2, "", 1));
        const auto from = arguments.size() > 1 ? given.whole(0, "", 0) : 0;
        const auto to = given.whole(arguments.size() > 1 ? 1 : 0, "", 0);
        spend(static_cast<std::size_t>(std::abs(to - from) / std::max<std::int64_t>(step, 1) + 1),
              kWorkOfValue);
    } else if (!is_among(kGlobals, function.name)) {
        refuse_jinja(function.name + ", which is no function of Jinja2");
    }
    auto made = engine_function(context, function.name, function.val_func, arguments);
    if (function.name == "namespace") {
        BoundedRendering::add_namespace(made);
    }
    return made;
}

}  // namespace otherwise
#endif
