#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_bounds.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "jinja/value.h"

namespace otherwise {
namespace {

using jinja::statement_ptr;
using jinja::value;

constexpr long kMostSteps = 300000;
constexpr long kMostAppended = 5000;
constexpr std::uintptr_t kMostStack = std::uintptr_t{1} << 20U;
constexpr std::int64_t kLongestRange = 100000;
constexpr std::size_t kLongestRepeat = 1000000;
constexpr std::size_t kLongestText = std::size_t{1} << 26U;
constexpr std::size_t kMostItems = 1000000;
constexpr std::size_t kMostParts = 1000000;  // the engine keeps what a text was joined from
constexpr int kDeepestValue = 100;

struct Spent {
    long steps = 0;
    long appended = 0;
    std::uintptr_t stack = 0;  // where it began
};

thread_local Spent spent;

[[noreturn]] void beyond(const std::string& what) { throw std::runtime_error(what); }

void take_steps(std::size_t count) {
    spent.steps += static_cast<long>(count);
    if (spent.steps > kMostSteps) {
        beyond("more than " + std::to_string(kMostSteps) + " steps");
    }
}

void require_stack() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    const auto used = here < spent.stack ? spent.stack - here : here - spent.stack;
    if (used > kMostStack) {
        beyond("calls nested too deep");
    }
}

/// Walks all that a value holds. Throws beyond the bounds, and where it holds `never`.
class ValueWalk {
public:
    explicit ValueWalk(const jinja::value_t* never) : never_(never) {}

    void take(const value& one, int depth = 0) {
        if (one.get() == never_ && never_ != nullptr) {
            beyond("a value within itself");
        }
        if (depth > kDeepestValue || ++count_ > kMostItems) {
            beyond(depth > kDeepestValue ? "values nested too deep" : "a value too large");
        }
        if (jinja::is_val<jinja::value_array>(one)) {
            for (const auto& item : one->as_array()) {
                take(item, depth + 1);
            }
        } else if (jinja::is_val<jinja::value_object>(one)) {
            for (const auto& [key, item] : one->as_ordered_object()) {
                take(key, depth + 1);
                take(item, depth + 1);
            }
        }
    }

private:
    const jinja::value_t* never_;
    std::size_t count_ = 0;
};

/// A statement of a block.
struct Step : jinja::statement {
    statement_ptr inner;
    explicit Step(statement_ptr node) : inner(std::move(node)) { pos = inner->pos; }
    std::string type() const override { return inner->type(); }
    value execute_impl(jinja::context& context) const override {
        take_steps(1);
        require_stack();
        return inner->execute(context);
    }
};

/// Any expression in the place of another one.
struct Around : jinja::expression {
    statement_ptr inner;
    explicit Around(statement_ptr node) : inner(std::move(node)) { pos = inner->pos; }
    std::string type() const override { return inner->type(); }
};

/// The value of a macro's parameter that the call leaves out.
struct Default : Around {
    using Around::Around;
    value execute_impl(jinja::context& context) const override {
        take_steps(1);
        require_stack();
        return inner->execute(context);
    }
};

/// What a loop goes over.
struct Items : Around {
    using Around::Around;
    value execute_impl(jinja::context& context) const override {
        auto items = inner->execute(context);
        if (jinja::is_val<jinja::value_array>(items)) {
            take_steps(items->as_array().size());
        }
        return items;
    }
};

/// What a name, or a member of `target`, is set to.
struct Settled : Around {
    const jinja::statement* target;
    Settled(statement_ptr node, const jinja::statement* object)
        : Around(std::move(node)), target(object) {}
    value execute_impl(jinja::context& context) const override {
        auto result = inner->execute(context);
        const value object = target == nullptr ? nullptr : target->execute(context);
        ValueWalk(object.get()).take(result);
        return result;
    }
};

struct Divisor : Around {
    using Around::Around;
    value execute_impl(jinja::context& context) const override {
        auto divisor = inner->execute(context);
        if (jinja::is_val<jinja::value_int>(divisor) &&
            (divisor->as_int() == 0 || divisor->as_int() == -1)) {
            beyond("divisibleby " + std::to_string(divisor->as_int()));
        }
        return divisor;
    }
};

void require_no_divisor(const value& argument) {
    if (jinja::is_val<jinja::value_string>(argument) &&
        argument->as_string().str() == "divisibleby") {
        beyond("'divisibleby' as the test of a filter");
    }
}

/// An argument of select and its like, which would take any test by its name.
struct TestName : Around {
    using Around::Around;
    value execute_impl(jinja::context& context) const override {
        auto argument = inner->execute(context);
        require_no_divisor(argument);
        return argument;
    }
};

/// A value that is known already.
struct Held : jinja::expression {
    value held;
    explicit Held(value known) : held(std::move(known)) {}
    value execute_impl(jinja::context& /*context*/) const override { return held; }
};

std::size_t size_of(const value& one) {
    if (jinja::is_val<jinja::value_string>(one)) {
        return one->val_str.length();
    }
    return jinja::is_val<jinja::value_array>(one) ? one->as_array().size() : 0;
}

/// a * b, a + b, a ~ b.
struct Operation : jinja::expression {
    std::unique_ptr<jinja::binary_expression> inner;
    explicit Operation(std::unique_ptr<jinja::binary_expression> operation)
        : inner(std::move(operation)) {
        pos = inner->pos;
    }
    std::string type() const override { return inner->type(); }

    void require_small(const value& left, const value& right) const {
        const auto sizes = size_of(left) + size_of(right);
        if (inner->op.value == "*") {
            const bool text = jinja::is_val<jinja::value_string>(left);
            const value& times = text ? right : left;
            if (sizes > 0 && jinja::is_val<jinja::value_int>(times) && times->as_int() > 0 &&
                static_cast<std::uint64_t>(times->as_int()) > kLongestRepeat / sizes) {
                beyond("a text repeated beyond " + std::to_string(kLongestRepeat) + " bytes");
            }
        } else if (sizes > (jinja::is_val<jinja::value_array>(left) ? kMostItems : kLongestText) ||
                   left->val_str.parts.size() + right->val_str.parts.size() > kMostParts) {
            beyond("a text or list too long");
        }
    }

    value execute_impl(jinja::context& context) const override {
        auto left = inner->left->execute(context);
        auto right = inner->right->execute(context);
        require_small(left, right);
        jinja::binary_expression now(inner->op, std::make_unique<Held>(std::move(left)),
                                     std::make_unique<Held>(std::move(right)));
        now.pos = pos;
        return now.execute(context);
    }
};

bool takes_test(std::string_view name) {
    return name == "select" || name == "reject" || name == "selectattr" || name == "rejectattr";
}

/// Throws where the engine's own function would go beyond the bounds.
void require_bounded(const jinja::value_func_t& function, const std::vector<value>& arguments) {
    for (const auto& argument : arguments) {
        if (function.name == "range" && jinja::is_val<jinja::value_int>(argument) &&
            (argument->as_int() > kLongestRange || argument->as_int() < -kLongestRange)) {
            beyond("range() beyond " + std::to_string(kLongestRange));
        }
        if (takes_test(function.name)) {
            require_no_divisor(argument);
        }
        if (function.name == "append" && function.arg0) {
            ValueWalk(function.arg0.get()).take(argument);
        }
    }
    if (function.name == "append" && ++spent.appended > kMostAppended) {
        beyond("more than " + std::to_string(kMostAppended) + " append");
    }
}

/// f(…): as the engine, with a look at f and its arguments.
struct Call : jinja::expression {
    std::unique_ptr<jinja::call_expression> inner;
    explicit Call(std::unique_ptr<jinja::call_expression> call) : inner(std::move(call)) {
        pos = inner->pos;
    }
    std::string type() const override { return inner->type(); }
    value execute_impl(jinja::context& context) const override {
        require_stack();
        jinja::func_args arguments(context);
        for (const auto& argument : inner->args) {
            arguments.push_back(argument->execute(context));
        }
        const value callee = inner->callee->execute(context);
        if (!jinja::is_val<jinja::value_func>(callee)) {
            beyond("Callee is not a function: got " + callee->type());
        }
        const auto* function = jinja::cast_val<jinja::value_func>(callee);
        require_bounded(*function, arguments.get_args());
        return function->invoke(arguments);
    }
};

/// The macro of a call block.
struct Macro : Around {
    using Around::Around;
    value execute_impl(jinja::context& context) const override {
        require_stack();
        auto callee = inner->execute(context);
        if (jinja::is_val<jinja::value_func>(callee)) {
            const auto& name = jinja::cast_val<jinja::value_func>(callee)->name;
            if (name == "range" || name == "append" || takes_test(name)) {
                beyond("a call block of " + name);
            }
        }
        return callee;
    }
};

void bound_expression(statement_ptr& place);
void bound_block(jinja::statements& block);

void bound_all(jinja::statements& expressions) {
    for (auto& one : expressions) {
        bound_expression(one);
    }
}

template <typename Node, typename... More>
void wrap(statement_ptr& place, More... more) {
    place = std::make_unique<Node>(std::move(place), more...);
}

template <typename Node>
Node* as(const statement_ptr& place) {
    return dynamic_cast<Node*>(place.get());
}

/// The node, of the kind that it is known to be, out of its place.
template <typename Node>
std::unique_ptr<Node> taken(statement_ptr& place) {
    return std::unique_ptr<Node>(dynamic_cast<Node*>(place.release()));
}

std::string name_of(const jinja::call_expression& call) {
    const auto* name = as<jinja::identifier>(call.callee);
    return name == nullptr ? "" : name->val;
}

/// A filter's or test's own node stays: the engine looks at its kind.
void bound_filter(statement_ptr& place) {
    const auto* name = as<jinja::identifier>(place);
    auto* call = as<jinja::call_expression>(place);
    if ((name != nullptr && name->val == "append") ||
        (call != nullptr && name_of(*call) == "append")) {
        throw Unbounded("append as a filter", place->pos);
    }
    if (call == nullptr) {
        return;
    }
    bound_all(call->args);
    for (auto& argument : call->args) {
        auto* named = as<jinja::keyword_argument_expression>(argument);
        if (takes_test(name_of(*call)) && named == nullptr) {
            wrap<TestName>(argument);
        }
    }
}

void bound_test(statement_ptr& place) {
    if (auto* call = as<jinja::call_expression>(place)) {
        bound_all(call->args);
        if (name_of(*call) == "divisibleby" && !call->args.empty()) {
            wrap<Divisor>(call->args.front());
        }
    }
}

/// Those with parts of which none has to keep its kind. Whether it was one.
bool bound_parts(statement_ptr& place) {
    if (auto* unary = as<jinja::unary_expression>(place)) {
        bound_expression(unary->argument);
    } else if (auto* select = as<jinja::select_expression>(place)) {
        bound_expression(select->lhs);
        bound_expression(select->test);
    } else if (auto* array = as<jinja::array_literal>(place)) {
        bound_all(array->val);
    } else if (auto* tuple = as<jinja::tuple_literal>(place)) {
        bound_all(tuple->val);
    } else if (auto* object = as<jinja::object_literal>(place)) {
        for (auto& [key, item] : object->val) {
            bound_expression(key);
            bound_expression(item);
        }
    } else if (auto* slice = as<jinja::slice_expression>(place)) {
        for (auto* part : {&slice->start_expr, &slice->stop_expr, &slice->step_expr}) {
            bound_expression(*part);
        }
    } else if (auto* named = as<jinja::keyword_argument_expression>(place)) {
        bound_expression(named->val);
    } else if (auto* spread = as<jinja::spread_expression>(place)) {
        bound_expression(spread->argument);
    } else if (auto* choice = as<jinja::ternary_expression>(place)) {
        bound_expression(choice->condition);
        bound_expression(choice->true_expr);
        bound_expression(choice->false_expr);
    } else {
        return false;
    }
    return true;
}

void bound_expression(statement_ptr& place) {
    if (place == nullptr || bound_parts(place)) {
        return;
    }
    if (auto* filter = as<jinja::filter_expression>(place)) {
        bound_expression(filter->operand);
        bound_filter(filter->filter);
    } else if (auto* test = as<jinja::test_expression>(place)) {
        bound_expression(test->operand);
        bound_test(test->test);
    } else if (auto* member = as<jinja::member_expression>(place)) {
        bound_expression(member->object);
        if (member->computed) {
            bound_expression(member->property);
        }
    } else if (auto* binary = as<jinja::binary_expression>(place)) {
        bound_expression(binary->left);
        bound_expression(binary->right);
        const std::string& sign = binary->op.value;
        if (sign == "*" || sign == "+" || sign == "~") {
            place = std::make_unique<Operation>(taken<jinja::binary_expression>(place));
        }
    } else if (auto* call = as<jinja::call_expression>(place)) {
        bound_expression(call->callee);
        bound_all(call->args);
        place = std::make_unique<Call>(taken<jinja::call_expression>(place));
    }
}

void bound_parameters(jinja::statements& parameters) {
    for (auto& parameter : parameters) {
        if (auto* named = as<jinja::keyword_argument_expression>(parameter)) {
            bound_expression(named->val);
            wrap<Default>(named->val);
        }
    }
}

void bound_loop(jinja::for_statement& loop) {
    bound_expression(loop.iterable);
    auto* select = as<jinja::select_expression>(loop.iterable);
    wrap<Items>(select == nullptr ? loop.iterable : select->lhs);
    bound_block(loop.body);
    bound_block(loop.default_block);
}

void bound_set(jinja::set_statement& set) {
    if (set.val != nullptr) {
        bound_expression(set.val);
        const auto* member = as<jinja::member_expression>(set.assignee);
        wrap<Settled>(set.val, member == nullptr ? static_cast<const jinja::statement*>(nullptr)
                                                 : member->object.get());
    }
    bound_block(set.body);
}

void bound_statement(statement_ptr& place) {
    if (auto* choice = as<jinja::if_statement>(place)) {
        bound_expression(choice->test);
        bound_block(choice->body);
        bound_block(choice->alternate);
    } else if (auto* loop = as<jinja::for_statement>(place)) {
        bound_loop(*loop);
    } else if (auto* set = as<jinja::set_statement>(place)) {
        bound_set(*set);
    } else if (auto* macro = as<jinja::macro_statement>(place)) {
        bound_parameters(macro->args);
        bound_block(macro->body);
    } else if (auto* filter = as<jinja::filter_statement>(place)) {
        bound_filter(filter->filter);
        bound_block(filter->body);
    } else if (auto* block = as<jinja::call_statement>(place)) {
        if (auto* call = as<jinja::call_expression>(block->call)) {
            bound_all(call->args);
            wrap<Macro>(call->callee);
        }
        bound_parameters(block->caller_args);
        bound_block(block->body);
    } else {
        bound_expression(place);
    }
}

void bound_block(jinja::statements& block) {
    for (auto& one : block) {
        bound_statement(one);
        wrap<Step>(one);
    }
}

}  // namespace

void bound_program(jinja::program& program) { bound_block(program.body); }

BoundedRendering::BoundedRendering() {
    spent = {.steps = 0,
             .appended = 0,
             .stack = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0))};
}

}  // namespace otherwise
#endif
