// What a block of a template does to the names and the rounds around it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "jinja/runtime.h"

namespace otherwise {

/// The node if it is of this kind.
template <typename Node>
Node* as(const jinja::statement_ptr& place) {
    return dynamic_cast<Node*>(place.get());
}

/// Whether a statement or block, with the ifs in it, jumps to another round of the loop around it.
[[nodiscard]] bool jumps(const jinja::statement_ptr& one);
[[nodiscard]] bool jumps(const jinja::statements& block);

/// Throws Unbounded where an if writes before it jumps.
void require_kept_output(const jinja::statements& block, bool within_if);

/// The names that an assignment gives values to; none for a member.
[[nodiscard]] std::vector<std::string> targets(const jinja::statement_ptr& target);

/// Those that a block sets in the scope that it runs in.
void add_set_names(const jinja::statements& block, std::set<std::string>& names);

}  // namespace otherwise
