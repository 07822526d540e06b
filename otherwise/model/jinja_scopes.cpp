#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_scopes.h"

#include <algorithm>

#include "otherwise/model/jinja_bounds.h"

namespace otherwise {
namespace {

using jinja::statement_ptr;
using jinja::statements;

bool is_jump(const statement_ptr& one) {
    return as<jinja::break_statement>(one) != nullptr ||
           as<jinja::continue_statement>(one) != nullptr;
}

bool is_silent(const statement_ptr& one) {
    return as<jinja::set_statement>(one) != nullptr || as<jinja::noop_statement>(one) != nullptr ||
           as<jinja::comment_statement>(one) != nullptr;
}

}  // namespace

bool jumps(const statement_ptr& one) {
    const auto* choice = as<jinja::if_statement>(one);
    return is_jump(one) || (choice != nullptr && (jumps(choice->body) || jumps(choice->alternate)));
}

bool jumps(const statements& block) {
    return std::ranges::any_of(block, [](const auto& one) { return jumps(one); });
}

void require_kept_output(const statements& block, bool within_if) {
    bool writes = false;
    for (const auto& one : block) {
        if (within_if && writes && jumps(one)) {
            throw Unbounded("output before break or continue within an if", one->pos);
        }
        if (const auto* choice = as<jinja::if_statement>(one)) {
            require_kept_output(choice->body, true);
            require_kept_output(choice->alternate, true);
        }
        writes = writes || !is_silent(one);
    }
}

std::vector<std::string> targets(const statement_ptr& target) {
    std::vector<std::string> names;
    if (const auto* name = as<jinja::identifier>(target)) {
        names.push_back(name->val);
    } else if (const auto* tuple = as<jinja::tuple_literal>(target)) {
        for (const auto& part : tuple->val) {
            const auto more = targets(part);
            names.insert(names.end(), more.begin(), more.end());
        }
    }
    return names;
}

void add_set_names(const statements& block, std::set<std::string>& names) {
    for (const auto& one : block) {
        if (const auto* set = as<jinja::set_statement>(one)) {
            for (auto& name : targets(set->assignee)) {
                names.insert(std::move(name));
            }
        } else if (const auto* choice = as<jinja::if_statement>(one)) {
            add_set_names(choice->body, names);
            add_set_names(choice->alternate, names);
        }
    }
}

}  // namespace otherwise
#endif
