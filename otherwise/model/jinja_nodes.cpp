#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_nodes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "jinja/value.h"
#include "otherwise/model/jinja_budget.h"
#include "otherwise/model/jinja_functions.h"
#include "otherwise/model/jinja_text.h"
#include "otherwise/model/jinja_values.h"

namespace otherwise::nodes {
namespace {

using jinja::is_val;
using jinja::mk_val;
using jinja::value;

/// The name under which a loop keeps what a name was before it: no template can write it.
std::string kept(const std::string& name) { return "\x01" + name; }

value text_value(jinja::string text) {
    auto made = mk_val<jinja::value_string>();
    made->val_str = std::move(text);
    return made;
}

JinjaArguments executed(const jinja::statements& arguments, jinja::context& context) {
    JinjaArguments values;
    for (const auto& argument : arguments) {
        values.push_back(argument->execute(context));
    }
    return values;
}

void spend_round(const NameCount& known) { spend(kWorkOfRound + *known * kWorkOfName); }

/// a ~ b, a + b.
value joined(const value& left, const value& right) {
    auto text = text_of(left);
    const auto more = text_of(right);
    spend(3 * (bytes_of(text) + bytes_of(more)));
    return text_value(text.append(more));
}

value repeated(const value& text, std::int64_t times) {
    const auto bytes = bytes_of(text->val_str);
    jinja::string result;
    spend(static_cast<std::size_t>(std::max<std::int64_t>(times, 0)), 2 * bytes + 1);
    for (std::int64_t i = 0; i < times; ++i) {
        result.append(text->val_str);
    }
    return text_value(std::move(result));
}

value added_lists(const value& left, const value& right) {
    std::vector<value> items = left->as_array();
    spend(items.size() + right->as_array().size(), kWorkOfValue);
    items.insert(items.end(), right->as_array().begin(), right->as_array().end());
    if (is_val<jinja::value_tuple>(left) != is_val<jinja::value_tuple>(right)) {
        refuse_jinja("+ of a list and a tuple");
    }
    return is_val<jinja::value_tuple>(left) ? mk_val<jinja::value_tuple>(std::move(items))
                                            : mk_val<jinja::value_array>(std::move(items));
}

double result_of(char sign, double a, double b) {
    switch (sign) {
        case '+':
            return a + b;
        case '-':
            return a - b;
        case '*':
            return a * b;
        case '/':
            return a / b;
        default:
            return std::fmod(a, b);
    }
}

value calculated(const std::string& sign, const value& left, const value& right) {
    constexpr double kExact = 9007199254740992.0;  // 2^53: the engine calculates in doubles
    const double a = left->as_float();
    const double b = right->as_float();
    const bool divides = sign == "/" || sign == "%";
    if (divides && b == 0) {
        refuse_jinja("division by zero");
    }
    if (sign == "%" && (a < 0 || b < 0)) {
        refuse_jinja("% of a negative number");
    }
    const double result = result_of(sign[0], a, b);
    if (sign == "/" || is_val<jinja::value_float>(left) || is_val<jinja::value_float>(right)) {
        return mk_val<jinja::value_float>(result);
    }
    if (std::max({std::fabs(result), std::fabs(a), std::fabs(b)}) >= kExact) {
        refuse_jinja("a number beyond 2^53");
    }
    return mk_val<jinja::value_int>(static_cast<std::int64_t>(result));
}

value compared(const std::string& sign, const value& left, const value& right) {
    const bool swapped = sign == ">" || sign == "<=";
    const auto& a = swapped ? right : left;
    const auto& b = swapped ? left : right;
    for (const auto& side : {a, b}) {
        if (!is_number(side) && !is_val<jinja::value_string>(side)) {
            refuse_jinja(sign + " of " + kind_of(left) + " and " + kind_of(right));
        }
    }
    const JinjaArguments both{a, b};
    const bool less = passes_test(BoundedRendering::root(), "lt", both);
    return mk_val<jinja::value_bool>(sign == ">=" || sign == "<=" ? !less : less);
}

/// A function that is a routine of the template. Without a scope it sees what the top defines.
struct RoutineFunction : jinja::value_func_t {
    const Routine* routine;
    std::shared_ptr<jinja::context> scope;
    RoutineFunction(const Routine* called, std::shared_ptr<jinja::context> names)
        : value_func_t(called->name, jinja::func_handler()),
          routine(called),
          scope(std::move(names)) {}
};

value named_argument(const JinjaArguments& arguments, const std::string& name) {
    for (const auto& argument : arguments) {
        const auto* named = jinja::cast_val<jinja::value_kwarg>(argument);
        if (named != nullptr && named->key == name) {
            return named->val;
        }
    }
    return nullptr;
}

void require_known_arguments(const Routine& routine, const JinjaArguments& arguments) {
    std::size_t places = 0;
    for (const auto& argument : arguments) {
        const auto* named = jinja::cast_val<jinja::value_kwarg>(argument);
        const auto has_name = [&](const auto& one) { return one.first == named->key; };
        if (named != nullptr && std::ranges::none_of(routine.parameters, has_name)) {
            refuse_jinja(routine.name + "() has no parameter " + named->key);
        }
        places += named == nullptr ? 1 : 0;
    }
    if (places > routine.parameters.size()) {
        refuse_jinja(routine.name + "() with " + std::to_string(places) + " arguments");
    }
}

value call_routine(const RoutineFunction& function, const JinjaArguments& arguments,
                   const value& caller) {
    const Routine& routine = *function.routine;
    require_stack();
    spend_round(routine.known);
    require_known_arguments(routine, arguments);
    jinja::context scope(function.scope ? *function.scope : BoundedRendering::root());
    if (caller) {
        scope.set_val("caller", caller);
    }
    for (std::size_t i = 0; i < routine.parameters.size(); ++i) {
        const auto& [name, otherwise] = routine.parameters[i];
        const bool placed = i < arguments.size() && !is_val<jinja::value_kwarg>(arguments[i]);
        auto given = placed ? arguments[i] : named_argument(arguments, name);
        if (!given) {
            given =
                otherwise ? otherwise->execute(scope) : value(mk_val<jinja::value_undefined>(name));
        }
        scope.set_val(name, given);
    }
    return run_block(routine.body, scope);
}

value called(jinja::context& context, const value& callee, JinjaArguments arguments,
             const value& caller = nullptr) {
    const auto* function = jinja::cast_val<jinja::value_func>(callee);
    if (function == nullptr) {
        refuse_jinja("Callee is not a function: got " + callee->type());
    }
    for (const auto& argument : arguments) {
        (void)size_of(argument);
    }
    if (const auto* routine = dynamic_cast<const RoutineFunction*>(function)) {
        return call_routine(*routine, arguments, caller);
    }
    if (caller) {
        refuse_jinja("a call block of " + function->name);
    }
    if (function->arg0) {
        arguments.insert(arguments.begin(), function->arg0);
        return call_method(context, function->name, arguments);
    }
    return call_global(context, *function, arguments);
}

}  // namespace

value run_block(const jinja::statements& block, jinja::context& context) {
    auto results = mk_val<jinja::value_array>();
    for (const auto& one : block) {
        results->push_back(one->execute(context));
    }
    return jinja::runtime::gather_string_parts(results);
}

value Step::execute_impl(jinja::context& context) const {
    spend(cost);
    require_stack();
    auto result = inner->execute(context);
    if (is_val<jinja::value_string>(result)) {
        spend(2 * bytes_of(result->val_str));
    }
    return result;
}

value Output::execute_impl(jinja::context& context) const {
    return text_value(text_of(inner->execute(context)));
}

value Items::execute_impl(jinja::context& context) const {
    auto items = inner->execute(context);
    (void)size_of(items);
    std::size_t count = 0;
    if (is_val<jinja::value_array>(items)) {
        count = items->as_array().size();
    } else if (is_val<jinja::value_object>(items)) {
        count = items->as_ordered_object().size();
    }
    spend(count, cost + kWorkOfRound + *known * kWorkOfName);
    for (const auto& name : names) {
        context.set_val(kept(name), context.get_val(name));
    }
    return items;
}

value Round::execute_impl(jinja::context& context) const {
    for (const auto& name : names) {
        context.set_val(name, context.get_val(kept(name)));
    }
    return mk_val<jinja::value_undefined>();
}

value Scoped::execute_impl(jinja::context& context) const {
    spend_round(known);
    jinja::context scope(context);
    return run_block(body, scope);
}

value Settled::execute_impl(jinja::context& context) const {
    auto result = inner->execute(context);
    const value object = target == nullptr ? nullptr : target->execute(context);
    const auto size = size_of(result, object.get());
    if (object && !BoundedRendering::is_namespace(object)) {
        refuse_jinja("setting a member of " + kind_of(object) + " that is no namespace");
    }
    if (object && size.has_namespace) {
        BoundedRendering::add_link();
    }
    return result;
}

value Filter::execute_impl(jinja::context& context) const {
    JinjaArguments values{operand->execute(context)};
    for (auto& argument : executed(arguments, context)) {
        values.push_back(std::move(argument));
    }
    return apply_filter(context, name, values);
}

value Test::execute_impl(jinja::context& context) const {
    JinjaArguments values{operand->execute(context)};
    for (auto& argument : executed(arguments, context)) {
        values.push_back(std::move(argument));
    }
    return mk_val<jinja::value_bool>(passes_test(context, name, values) != negate);
}

value Member::execute_impl(jinja::context& context) const {
    const auto one = object->execute(context);
    if (property) {
        return member_of(one, property->execute(context));
    }
    if (has_method(one, name)) {
        return mk_val<jinja::value_func>(name, jinja::func_handler(), one);
    }
    return member_of(one, mk_val<jinja::value_string>(name));
}

value Slice::execute_impl(jinja::context& context) const {
    const auto one = object->execute(context);
    const auto bound = [&](const jinja::statement_ptr& part) -> std::optional<std::int64_t> {
        const auto given = part ? part->execute(context) : value(mk_val<jinja::value_none>());
        if (given->is_none()) {
            return std::nullopt;
        }
        if (!is_val<jinja::value_int>(given)) {
            refuse_jinja("a slice by " + kind_of(given));
        }
        return given->as_int();
    };
    const JinjaSlice slice{
        .start = bound(start), .stop = bound(stop), .step = bound(step).value_or(1)};
    if (slice.step == 0) {
        refuse_jinja("a slice with step 0");
    }
    if (is_val<jinja::value_string>(one)) {
        spend(bytes_of(one->val_str));
        return text_value(sliced(one->val_str, slice));
    }
    if (!is_val<jinja::value_array>(one)) {
        refuse_jinja("a slice of " + kind_of(one));
    }
    const auto& all = one->as_array();
    spend(all.size(), kWorkOfValue / 4);
    std::vector<value> items;
    for (const auto index : slice_indices(all.size(), slice)) {
        items.push_back(all[index]);
    }
    return is_val<jinja::value_tuple>(one) ? mk_val<jinja::value_tuple>(std::move(items))
                                           : mk_val<jinja::value_array>(std::move(items));
}

value Operation::execute_impl(jinja::context& context) const {
    const auto a = left->execute(context);
    const auto b = right->execute(context);
    const std::string& op = sign.value;
    if (op == "~") {
        return joined(a, b);
    }
    if (op == "==" || op == "!=") {
        return mk_val<jinja::value_bool>(is_same(a, b) == (op == "=="));
    }
    if (op == "in" || op == "not in") {
        return mk_val<jinja::value_bool>(is_in(a, b) == (op == "in"));
    }
    if (op == "<" || op == ">" || op == "<=" || op == ">=") {
        return compared(op, a, b);
    }
    const bool is_text = is_val<jinja::value_string>(a);
    if (op == "+" && is_text && is_val<jinja::value_string>(b)) {
        return joined(a, b);
    }
    if (op == "+" && is_val<jinja::value_array>(a) && is_val<jinja::value_array>(b)) {
        return added_lists(a, b);
    }
    const auto& times = is_text ? b : a;
    const auto& text = is_text ? a : b;
    if (op == "*" && is_val<jinja::value_string>(text) && is_val<jinja::value_int>(times)) {
        return repeated(text, times->as_int());
    }
    static constexpr std::array<std::string_view, 5> kNumeric{"+", "-", "*", "/", "%"};
    if (is_number(a) && is_number(b) && std::ranges::find(kNumeric, op) != kNumeric.end()) {
        return calculated(op, a, b);
    }
    refuse_jinja(op + " of " + kind_of(a) + " and " + kind_of(b));
}

value Macro::execute_impl(jinja::context& context) const {
    context.set_val(routine.name, std::make_shared<RoutineFunction>(&routine, nullptr));
    return mk_val<jinja::value_undefined>();
}

value Call::execute_impl(jinja::context& context) const {
    const auto one = callee->execute(context);
    return called(context, one, executed(arguments, context));
}

value CallBlock::execute_impl(jinja::context& context) const {
    spend_round(block.known);
    const auto one = callee->execute(context);
    const auto caller =
        std::make_shared<RoutineFunction>(&block, std::make_shared<jinja::context>(context));
    return called(context, one, executed(arguments, context), caller);
}

}  // namespace otherwise::nodes
#endif
