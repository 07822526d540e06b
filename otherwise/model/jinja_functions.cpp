#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_functions.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "jinja/value.h"
#include "otherwise/model/jinja_arguments.h"
#include "otherwise/model/jinja_filters.h"
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

std::optional<LetterCase> letter_case(std::string_view name) {
    static constexpr std::array kCases{
        std::pair{"upper"sv, LetterCase::upper}, std::pair{"lower"sv, LetterCase::lower},
        std::pair{"capitalize"sv, LetterCase::capitalize}, std::pair{"title"sv, LetterCase::title}};
    for (const auto& [known, letters] : kCases) {
        if (known == name) {
            return letters;
        }
    }
    return std::nullopt;
}

constexpr std::array kTextMethods{"strip"sv, "lstrip"sv, "rstrip"sv,     "split"sv,   "rsplit"sv,
                                  "upper"sv, "lower"sv,  "capitalize"sv, "title"sv,   "replace"sv,
                                  "join"sv,  "format"sv, "startswith"sv, "endswith"sv};
constexpr std::array kDictMethods{"get"sv, "keys"sv, "values"sv, "items"sv};
/// Those that change what they are called on.
constexpr std::array kMutating{"append"sv,  "clear"sv,  "pop"sv,       "reverse"sv,
                               "insert"sv,  "sort"sv,   "extend"sv,    "remove"sv,
                               "popitem"sv, "update"sv, "setdefault"sv};
/// Of Jinja2 and of the engine.
constexpr std::array kFilters{
    "abs"sv,        "count"sv,      "d"sv,      "default"sv, "dictsort"sv,   "first"sv,
    "float"sv,      "indent"sv,     "int"sv,    "items"sv,   "join"sv,       "last"sv,
    "length"sv,     "list"sv,       "map"sv,    "max"sv,     "min"sv,        "reject"sv,
    "replace"sv,    "reverse"sv,    "safe"sv,   "select"sv,  "sort"sv,       "string"sv,
    "selectattr"sv, "rejectattr"sv, "tojson"sv, "trim"sv,    "sum"sv,        "truncate"sv,
    "unique"sv,     "wordcount"sv,  "upper"sv,  "lower"sv,   "capitalize"sv, "title"sv};

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

/// Filters of lists and dicts, and what is left.
value list_filter(jinja::context& context, const std::string& name,
                  const JinjaArguments& arguments) {
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
    if (arguments[0]->is_none()) {
        refuse_jinja(name + "() of None");
    }
    return engine_builtin(context, name, arguments);
}

constexpr std::array kComparisons{"eq"sv, "equalto"sv,  "=="sv, "ne"sv, "!="sv,
                                  "lt"sv, "lessthan"sv, "<"sv,  "gt"sv, "greaterthan"sv,
                                  ">"sv,  "ge"sv,       ">="sv, "le"sv, "<="sv};

/// The tests of two values.
bool compares(std::string_view name, const value& one, const value& other) {
    static constexpr std::array kEqual{"eq"sv, "equalto"sv, "=="sv};
    static constexpr std::array kLess{"lt"sv, "lessthan"sv, "<"sv};
    static constexpr std::array kGreater{"gt"sv, "greaterthan"sv, ">"sv};
    if (is_among(kEqual, name)) {
        return is_same(one, other);
    }
    if (name == "ne" || name == "!=") {
        return !is_same(one, other);
    }
    if (is_among(kLess, name)) {
        return is_less(one, other);
    }
    if (is_among(kGreater, name)) {
        return is_less(other, one);
    }
    const bool at_least = name == "ge" || name == ">=";
    return !(at_least ? is_less(one, other) : is_less(other, one));
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
    return list_filter(context, name, arguments);
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
    if (is_among(kComparisons, name)) {
        return compares(name, one, other());
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
