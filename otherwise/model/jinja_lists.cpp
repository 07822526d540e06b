#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_lists.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <utility>

#include "otherwise/model/jinja_arguments.h"
#include "otherwise/model/jinja_text.h"

namespace otherwise {
namespace {

using jinja::is_val;
using jinja::mk_val;
using jinja::value;

/// What an item is sorted by: without case_sensitive, texts in small letters.
value key_of(const value& item, const std::string& attribute, bool case_sensitive) {
    auto key = attribute_of(item, attribute);
    if (!is_val<jinja::value_string>(key) || case_sensitive) {
        return key;
    }
    return mk_val<jinja::value_string>(in_case(key->val_str, LetterCase::lower));
}

using Keyed = std::vector<std::pair<value, value>>;

Keyed keyed(const std::vector<value>& items, const std::string& attribute, bool case_sensitive) {
    if (attribute.find(',') != std::string::npos) {
        refuse_jinja("sorting by several attributes");
    }
    Keyed made;
    std::size_t bytes = 0;
    for (const auto& item : items) {
        spend(kWorkOfNode);
        made.emplace_back(key_of(item, attribute, case_sensitive), item);
        bytes += kWorkOfValue;
        if (is_val<jinja::value_string>(made.back().first)) {
            bytes += bytes_of(made.back().first->val_str);
        }
    }
    spend(bytes, 4 * std::bit_width(items.size()));
    return made;
}

void sort_by_key(Keyed& items, bool reverse) {
    std::ranges::stable_sort(items, [&](const auto& one, const auto& other) {
        return reverse ? is_less(other.first, one.first) : is_less(one.first, other.first);
    });
}

}  // namespace

value attribute_of(value one, const std::string& path) {
    for (std::size_t at = 0; at < path.size();) {
        const auto dot = std::min(path.find('.', at), path.size());
        const auto name = path.substr(at, dot - at);
        constexpr std::size_t kDigits = 9;
        const bool is_index =
            !name.empty() && name.size() <= kDigits &&
            std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; });
        spend(kWorkOfNode);
        one = member_of(one, is_index ? value(mk_val<jinja::value_int>(std::stoll(name)))
                                      : value(mk_val<jinja::value_string>(name)));
        at = dot + 1;
    }
    return one;
}

bool is_less(const value& one, const value& other) {
    if (is_number(one) && is_number(other)) {
        return one->as_float() < other->as_float();
    }
    if (is_val<jinja::value_string>(one) && is_val<jinja::value_string>(other)) {
        return one->val_str.str() < other->val_str.str();
    }
    refuse_jinja("comparing " + kind_of(one) + " and " + kind_of(other));
}

value jinja_select(jinja::context& context, const std::string& name,
                   const JinjaArguments& arguments) {
    const bool of_attribute = name.ends_with("attr");
    const bool rejects = name.starts_with("reject");
    const std::size_t test_at = of_attribute ? 2 : 1;
    const Given given(name, arguments, arguments.size());
    const std::string attribute = of_attribute ? given.needed_text(1).str() : "";
    const auto test = given.text(test_at);
    auto chosen = mk_val<jinja::value_array>();
    for (const auto& item : items_of(name, arguments[0], true)) {
        spend(kWorkOfNode);
        const auto one = attribute_of(item, attribute);
        JinjaArguments tested{one};
        for (std::size_t i = test_at + 1; i < arguments.size(); ++i) {
            tested.push_back(arguments[i]);
        }
        const bool passes = test ? passes_test(context, *test, tested) : one->as_bool();
        if (passes != rejects) {
            chosen->push_back(item);
        }
    }
    return chosen;
}

value jinja_map(jinja::context& context, const JinjaArguments& arguments) {
    const Given given("map", arguments, arguments.size());
    const auto attribute = given.text(arguments.size(), "attribute");
    auto mapped = mk_val<jinja::value_array>();
    for (const auto& item : items_of("map", arguments[0], true)) {
        spend(kWorkOfNode);
        if (!attribute) {
            JinjaArguments inner{item};
            for (std::size_t i = 2; i < arguments.size(); ++i) {
                inner.push_back(arguments[i]);
            }
            mapped->push_back(apply_filter(context, given.needed_text(1).str(), inner));
            continue;
        }
        auto one = attribute_of(item, *attribute);
        const bool lacks = one->is_undefined() && given.has(arguments.size(), "default");
        mapped->push_back(lacks ? given.get(arguments.size(), "default") : one);
    }
    return mapped;
}

value jinja_sort(const JinjaArguments& arguments) {
    const Given given("sort", arguments, 4);
    auto items = keyed(items_of("sort", arguments[0]), given.text(3, "attribute").value_or(""),
                       given.flag(2, "case_sensitive"));
    sort_by_key(items, given.flag(1, "reverse"));
    auto sorted = mk_val<jinja::value_array>();
    for (auto& [key, item] : items) {
        sorted->push_back(std::move(item));
    }
    return sorted;
}

value jinja_extreme(const std::string& name, const JinjaArguments& arguments) {
    const Given given(name, arguments, 3);
    const auto items = keyed(items_of(name, arguments[0]), given.text(2, "attribute").value_or(""),
                             given.flag(1, "case_sensitive"));
    value best = mk_val<jinja::value_undefined>();
    value best_key;
    for (const auto& [key, item] : items) {
        const bool better =
            !best_key || (name == "min" ? is_less(key, best_key) : is_less(best_key, key));
        best_key = better ? key : best_key;
        best = better ? item : best;
    }
    return best;
}

value jinja_dictsort(const JinjaArguments& arguments) {
    const Given given("dictsort", arguments, 4);
    if (!is_val<jinja::value_object>(arguments[0])) {
        refuse_jinja("dictsort() of " + kind_of(arguments[0]));
    }
    std::vector<value> pairs;
    for (const auto& entry : arguments[0]->as_ordered_object()) {
        spend(2 * kWorkOfValue);
        pairs.push_back(mk_val<jinja::value_tuple>(entry));
    }
    const auto by = given.text(2, "by").value_or("key");
    auto items = keyed(pairs, by == "value" ? "1" : "0", given.flag(1, "case_sensitive"));
    sort_by_key(items, given.flag(3, "reverse"));
    auto sorted = mk_val<jinja::value_array>();
    for (auto& [key, item] : items) {
        sorted->push_back(std::move(item));
    }
    return sorted;
}

}  // namespace otherwise
#endif
