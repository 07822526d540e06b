#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_bounds.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "otherwise/model/jinja_budget.h"
#include "otherwise/model/jinja_nodes.h"
#include "otherwise/model/jinja_scopes.h"

namespace otherwise {
namespace {

using jinja::statement_ptr;
using jinja::statements;
using nodes::NameCount;
using nodes::Routine;

class Bounder {
public:
    void block(statements& all) {
        for (auto& one : all) {
            const auto before = std::exchange(nodes_, 1);
            statement(one);
            one = std::make_unique<nodes::Step>(std::move(one), nodes_ * kWorkOfNode);
            nodes_ = before;
        }
    }

    void finish() const { *known_ += names_.size(); }

private:
    void expressions(statements& all) {
        for (auto& one : all) {
            expression(one);
        }
    }

    /// A filter's or test's name, and its arguments.
    std::pair<std::string, statements> application(statement_ptr& node) {
        if (auto* name = as<jinja::identifier>(node)) {
            return {name->val, statements()};
        }
        auto* call = as<jinja::call_expression>(node);
        const auto* name = call == nullptr ? nullptr : as<jinja::identifier>(call->callee);
        if (name == nullptr) {
            throw Unbounded("a filter or test that is no name", node->pos);
        }
        expressions(call->args);
        return {name->val, std::move(call->args)};
    }

    void filter(statement_ptr& place, statement_ptr operand, statement_ptr& node) {
        auto made = std::make_unique<nodes::Filter>();
        made->pos = place->pos;
        made->operand = std::move(operand);
        std::tie(made->name, made->arguments) = application(node);
        place = std::move(made);
    }

    void test(statement_ptr& place, jinja::test_expression& one) {
        expression(one.operand);
        auto made = std::make_unique<nodes::Test>();
        made->pos = one.pos;
        made->operand = std::move(one.operand);
        made->negate = one.negate;
        std::tie(made->name, made->arguments) = application(one.test);
        place = std::move(made);
    }

    void member(statement_ptr& place, jinja::member_expression& one) {
        require_loop_has(one);
        expression(one.object);
        if (auto* slice = as<jinja::slice_expression>(one.property)) {
            for (auto* part : {&slice->start_expr, &slice->stop_expr, &slice->step_expr}) {
                expression(*part);
            }
            auto made = std::make_unique<nodes::Slice>();
            made->pos = one.pos;
            made->object = std::move(one.object);
            made->start = std::move(slice->start_expr);
            made->stop = std::move(slice->stop_expr);
            made->step = std::move(slice->step_expr);
            place = std::move(made);
            return;
        }
        auto made = std::make_unique<nodes::Member>();
        made->pos = one.pos;
        made->object = std::move(one.object);
        const auto* name = as<jinja::identifier>(one.property);
        if (!one.computed && name != nullptr) {
            made->name = name->val;
        } else {
            expression(one.property);
            made->property = std::move(one.property);
        }
        place = std::move(made);
    }

    static void require_loop_has(const jinja::member_expression& one) {
        static constexpr std::array<std::string_view, 9> kParts{
            "index", "index0", "revindex", "revindex0", "first",
            "last",  "length", "previtem", "nextitem"};
        const auto* object = as<jinja::identifier>(one.object);
        const auto* part = as<jinja::identifier>(one.property);
        if (!one.computed && object != nullptr && part != nullptr && object->val == "loop" &&
            std::ranges::find(kParts, part->val) == kParts.end()) {
            throw Unbounded("loop." + part->val + ", which the engine has not", one.pos);
        }
    }

    void operation(statement_ptr& place, jinja::binary_expression& one) {
        expression(one.left);
        expression(one.right);
        if (one.op.value == "and" || one.op.value == "or") {
            return;
        }
        auto made = std::make_unique<nodes::Operation>(one.op);
        made->pos = one.pos;
        made->left = std::move(one.left);
        made->right = std::move(one.right);
        place = std::move(made);
    }

    void call(statement_ptr& place, jinja::call_expression& one) {
        expression(one.callee);
        expressions(one.args);
        auto made = std::make_unique<nodes::Call>();
        made->pos = one.pos;
        made->callee = std::move(one.callee);
        made->arguments = std::move(one.args);
        place = std::move(made);
    }

    /// Literals and their like, which stay. Whether it was one.
    bool parts(statement_ptr& place) {
        if (auto* unary = as<jinja::unary_expression>(place)) {
            expression(unary->argument);
        } else if (auto* select = as<jinja::select_expression>(place)) {
            expression(select->lhs);
            expression(select->test);
        } else if (auto* array = as<jinja::array_literal>(place)) {
            expressions(array->val);
        } else if (auto* tuple = as<jinja::tuple_literal>(place)) {
            expressions(tuple->val);
        } else if (auto* object = as<jinja::object_literal>(place)) {
            for (auto& [key, item] : object->val) {
                expression(key);
                expression(item);
            }
            nodes_ += object->val.size() * object->val.size() / 8;  // repeated keys are searched
        } else if (auto* named = as<jinja::keyword_argument_expression>(place)) {
            expression(named->val);
        } else if (auto* choice = as<jinja::ternary_expression>(place)) {
            expression(choice->condition);
            expression(choice->true_expr);
            expression(choice->false_expr);
        } else {
            return false;
        }
        return true;
    }

    void expression(statement_ptr& place) {
        if (place == nullptr) {
            return;
        }
        ++nodes_;
        if (parts(place)) {
            return;
        }
        if (auto* filtered = as<jinja::filter_expression>(place)) {
            expression(filtered->operand);
            filter(place, std::move(filtered->operand), filtered->filter);
        } else if (auto* tested = as<jinja::test_expression>(place)) {
            test(place, *tested);
        } else if (auto* whole = as<jinja::member_expression>(place)) {
            member(place, *whole);
        } else if (auto* binary = as<jinja::binary_expression>(place)) {
            operation(place, *binary);
        } else if (auto* called = as<jinja::call_expression>(place)) {
            call(place, *called);
        } else if (auto* name = as<jinja::identifier>(place)) {
            if (in_macro_ && (name->val == "varargs" || name->val == "kwargs")) {
                throw Unbounded(name->val + ", which the engine has not", place->pos);
            }
        } else if (as<jinja::spread_expression>(place) != nullptr) {
            throw Unbounded("* before an argument", place->pos);
        }
    }

    void scope(statements& body) {
        ++scopes_;
        block(body);
        --scopes_;
    }

    void loop(jinja::for_statement& one) {
        if (!one.default_block.empty() && jumps(one.body)) {
            throw Unbounded("break or continue in a loop with an else", one.pos);
        }
        require_kept_output(one.body, false);
        std::set<std::string> set;
        add_set_names(one.body, set);
        for (const auto& name : targets(one.loopvar)) {
            set.erase(name);
            names_.insert(name);
        }
        const std::vector<std::string> names(set.begin(), set.end());
        const auto before = nodes_;
        auto* select = as<jinja::select_expression>(one.iterable);
        expression(select == nullptr ? one.iterable : select->lhs);
        const auto without_test = nodes_;
        if (select != nullptr) {
            expression(select->test);
        }
        auto& items = select == nullptr ? one.iterable : select->lhs;
        items = std::make_unique<nodes::Items>(std::move(items), names,
                                               (nodes_ - without_test) * kWorkOfNode, known_);
        nodes_ = std::max(before, without_test);
        scope(one.body);
        if (!names.empty()) {
            one.body.insert(one.body.begin(), std::make_unique<nodes::Round>(names));
        }
        scope(one.default_block);
        if (!one.default_block.empty()) {
            statements scoped;
            scoped.push_back(
                std::make_unique<nodes::Scoped>(std::move(one.default_block), one.pos, known_));
            one.default_block = std::move(scoped);
        }
    }

    void set(jinja::set_statement& one) {
        for (const auto& name : targets(one.assignee)) {
            names_.insert(name);
        }
        auto* member = as<jinja::member_expression>(one.assignee);
        if (member != nullptr) {
            expression(member->object);
        }
        if (one.val == nullptr) {
            scope(one.body);
            one.val = std::make_unique<nodes::Scoped>(std::move(one.body), one.pos, known_);
            one.body.clear();
        } else {
            expression(one.val);
        }
        one.val = std::make_unique<nodes::Settled>(
            std::move(one.val), member == nullptr ? static_cast<const jinja::statement*>(nullptr)
                                                  : member->object.get());
    }

    Routine routine(std::string name, statements& parameters, statements& body) {
        Routine made{.name = std::move(name), .parameters = {}, .body = {}, .known = known_};
        for (auto& parameter : parameters) {
            auto* named = as<jinja::keyword_argument_expression>(parameter);
            const auto* plain = as<jinja::identifier>(named == nullptr ? parameter : named->key);
            if (plain == nullptr) {
                throw Unbounded("a parameter that is no name", parameter->pos);
            }
            names_.insert(plain->val);
            if (named != nullptr) {
                expression(named->val);
            }
            made.parameters.emplace_back(plain->val,
                                         named == nullptr ? nullptr : std::move(named->val));
        }
        scope(body);
        made.body = std::move(body);
        return made;
    }

    void macro(statement_ptr& place, jinja::macro_statement& one) {
        const auto* name = as<jinja::identifier>(one.name);
        if (scopes_ > 0 || name == nullptr) {
            throw Unbounded("a macro that is not at the template's top", one.pos);
        }
        names_.insert(name->val);
        auto made = std::make_unique<nodes::Macro>();
        made->pos = one.pos;
        in_macro_ = true;
        made->routine = routine(name->val, one.args, one.body);
        in_macro_ = false;
        place = std::move(made);
    }

    void call_block(statement_ptr& place, jinja::call_statement& one) {
        auto* called = as<jinja::call_expression>(one.call);
        expression(called->callee);
        expressions(called->args);
        auto made = std::make_unique<nodes::CallBlock>();
        made->pos = one.pos;
        made->callee = std::move(called->callee);
        made->arguments = std::move(called->args);
        made->block = routine("caller", one.caller_args, one.body);
        place = std::move(made);
    }

    void filter_block(statement_ptr& place, jinja::filter_statement& one) {
        scope(one.body);
        filter(place, std::make_unique<nodes::Scoped>(std::move(one.body), one.pos, known_),
               one.filter);
    }

    void statement(statement_ptr& place) {
        if (auto* choice = as<jinja::if_statement>(place)) {
            expression(choice->test);
            block(choice->body);
            block(choice->alternate);
        } else if (auto* one = as<jinja::for_statement>(place)) {
            loop(*one);
        } else if (auto* assignment = as<jinja::set_statement>(place)) {
            set(*assignment);
        } else if (auto* defined = as<jinja::macro_statement>(place)) {
            macro(place, *defined);
        } else if (auto* filtered = as<jinja::filter_statement>(place)) {
            filter_block(place, *filtered);
        } else if (auto* called = as<jinja::call_statement>(place)) {
            call_block(place, *called);
        } else if (as<jinja::expression>(place) != nullptr &&
                   as<jinja::string_literal>(place) == nullptr) {
            expression(place);
            place = std::make_unique<nodes::Output>(std::move(place));
        }
    }

    NameCount known_ = std::make_shared<std::size_t>(16);  // those that every template has
    std::set<std::string> names_;
    std::size_t nodes_ = 0;   // of the statement at hand
    std::size_t scopes_ = 0;  // loops and routines around it
    bool in_macro_ = false;
};

}  // namespace

void bound_program(jinja::program& program) {
    Bounder bounder;
    bounder.block(program.body);
    bounder.finish();
}

}  // namespace otherwise
#endif
