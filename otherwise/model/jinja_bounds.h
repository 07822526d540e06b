// Bounds on what a chat template takes while it is rendered: it comes from a stranger's file.
//
// The engine ends neither a macro that calls itself nor range(10**12). So the nodes of a program
// where size or depth can grow are replaced by ones that look first:
//
//   statement of a block     at most 300 000 a rendering, and 1 MiB of stack
//   for                      its items count as statements
//   a * b, a + b, a ~ b      texts of at most 10^6 (repeated) or 2^26 bytes, lists of 10^6 items
//   range                    numbers within ±100 000, as Jinja's sandbox
//   set, append              values nested at most 100 deep, never within themselves; 5 000 append
//   is divisibleby           not by 0
//
// Not bounded: texts that filters make (replace, join, indent) and the time that these take.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include "jinja/runtime.h"

namespace otherwise {

/// A construct that no bound holds, at a byte of the source.
struct Unbounded : std::runtime_error {
    Unbounded(const std::string& what, std::size_t place) : std::runtime_error(what), at(place) {}
    std::size_t at;
};

/// Replaces the nodes. Throws Unbounded: append as a filter.
void bound_program(jinja::program& program);

/// One rendering: its counts start at 0. Bounded nodes throw std::runtime_error beyond a bound.
class BoundedRendering {
public:
    BoundedRendering();
};

}  // namespace otherwise
