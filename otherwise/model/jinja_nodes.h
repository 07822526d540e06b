// Nodes that take the places of the engine's own in a program: they look before they do, and do as
// Jinja2 does. Made by bound_program; all are shared between threads and execute without a change.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jinja/runtime.h"

namespace otherwise::nodes {

/// How many names the template gives values to, once it is known: copies of scopes cost that.
using NameCount = std::shared_ptr<std::size_t>;

/// Runs a block; the text that it writes.
[[nodiscard]] jinja::value run_block(const jinja::statements& block, jinja::context& context);

/// A node in the place of another one.
struct Around : jinja::expression {
    jinja::statement_ptr inner;
    explicit Around(jinja::statement_ptr node) : inner(std::move(node)) { pos = inner->pos; }
    std::string type() const override { return inner->type(); }
};

/// A statement of a block, with `cost` for its own expressions.
struct Step : Around {
    std::size_t cost;
    Step(jinja::statement_ptr node, std::size_t work) : Around(std::move(node)), cost(work) {}
    jinja::value execute_impl(jinja::context& context) const override;
};

/// {{ one }}: its text as Python has it.
struct Output : Around {
    using Around::Around;
    jinja::value execute_impl(jinja::context& context) const override;
};

/// What a loop goes over. Keeps the values of the names that its rounds set, under other names.
struct Items : Around {
    std::vector<std::string> names;
    std::size_t cost;  ///< of a round's own condition
    NameCount known;
    Items(jinja::statement_ptr node, std::vector<std::string> set, std::size_t work,
          NameCount count)
        : Around(std::move(node)), names(std::move(set)), cost(work), known(std::move(count)) {}
    jinja::value execute_impl(jinja::context& context) const override;
};

/// The start of a round: what earlier rounds have set is as before the loop.
struct Round : jinja::statement {
    std::vector<std::string> names;
    explicit Round(std::vector<std::string> set) : names(std::move(set)) { pos = 0; }
    jinja::value execute_impl(jinja::context& context) const override;
};

/// A block with names of its own; a value where it is set, filtered or the else of a loop.
struct Scoped : jinja::expression {
    jinja::statements body;
    NameCount known;
    Scoped(jinja::statements block, std::size_t place, NameCount count)
        : body(std::move(block)), known(std::move(count)) {
        pos = place;
    }
    jinja::value execute_impl(jinja::context& context) const override;
};

/// What a name, or a member of `target`, is set to.
struct Settled : Around {
    const jinja::statement* target;
    Settled(jinja::statement_ptr node, const jinja::statement* object)
        : Around(std::move(node)), target(object) {}
    jinja::value execute_impl(jinja::context& context) const override;
};

struct Filter : jinja::expression {
    jinja::statement_ptr operand;
    std::string name;
    jinja::statements arguments;
    std::string type() const override { return "FilterExpression"; }
    jinja::value execute_impl(jinja::context& context) const override;
};

struct Test : jinja::expression {
    jinja::statement_ptr operand;
    std::string name;
    jinja::statements arguments;
    bool negate = false;
    std::string type() const override { return "TestExpression"; }
    jinja::value execute_impl(jinja::context& context) const override;
};

/// one.name, one[name].
struct Member : jinja::expression {
    jinja::statement_ptr object;
    jinja::statement_ptr property;  ///< none where it has a name
    std::string name;
    std::string type() const override { return "MemberExpression"; }
    jinja::value execute_impl(jinja::context& context) const override;
};

/// one[start:stop:step].
struct Slice : jinja::expression {
    jinja::statement_ptr object;
    jinja::statement_ptr start;
    jinja::statement_ptr stop;
    jinja::statement_ptr step;
    std::string type() const override { return "MemberExpression"; }
    jinja::value execute_impl(jinja::context& context) const override;
};

/// All operators of two sides but `and` and `or`.
struct Operation : jinja::expression {
    jinja::token sign;
    jinja::statement_ptr left;
    jinja::statement_ptr right;
    explicit Operation(jinja::token op) : sign(std::move(op)) {}
    std::string type() const override { return "BinaryExpression"; }
    jinja::value execute_impl(jinja::context& context) const override;
};

/// A macro, or the block of a call, with the names of its parameters and their defaults.
struct Routine {
    std::string name;
    std::vector<std::pair<std::string, jinja::statement_ptr>> parameters;
    jinja::statements body;
    NameCount known;
};

struct Macro : jinja::statement {
    Routine routine;
    std::string type() const override { return "Macro"; }
    jinja::value execute_impl(jinja::context& context) const override;
};

struct Call : jinja::expression {
    jinja::statement_ptr callee;
    jinja::statements arguments;
    std::string type() const override { return "CallExpression"; }
    jinja::value execute_impl(jinja::context& context) const override;
};

/// {% call f() %}block{% endcall %}.
struct CallBlock : jinja::statement {
    jinja::statement_ptr callee;
    jinja::statements arguments;
    Routine block;
    std::string type() const override { return "CallStatement"; }
    jinja::value execute_impl(jinja::context& context) const override;
};

}  // namespace otherwise::nodes
