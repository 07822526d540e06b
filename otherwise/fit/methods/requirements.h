// What a method needs, and what is refused before anything is evaluated. Internal to the room.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "otherwise/fit/methods/fitted.h"
#include "otherwise/fit/states/texts.h"

namespace otherwise {

/// A set, and how many texts it has.
struct SetSize {
    std::string name;
    std::size_t n = 0;
};

[[nodiscard]] bool needs_covariance(const FitRequest& request);

// Each throws misuse.
/// Two sets, or more for leace, of enough texts for the method.
void require_counts(const std::vector<SetSize>& sets, const FitRequest& request);
/// No two of the same texts, in any order.
void require_different(const std::vector<TextSet>& sets);
/// Sets of one size, and one state a text, where text i of one is paired with text i of the other.
void require_pairs(const std::vector<SetSize>& sets, const FitRequest& request);
/// Heads are chosen by half of the held-out texts and judged by the other.
void require_judges(const std::vector<SetSize>& sets, const FitRequest& request);
void require_heads(const FitRequest& request, std::size_t layers, int n_head);
/// A control vector starts at the block 1: takes layer 0 out of those of a direction there.
void drop_block_zero(const FitRequest& request, const std::string& node, std::vector<int>& layers);

/// What a method needs beside the states: matrices of d² doubles while one layer is computed (also
/// a probe's and a principal component's, of at least d texts), the maps of all layers in floats
/// and once more while they are written, and the held-out and fitted states of a layer in doubles,
/// thrice.
[[nodiscard]] std::size_t method_bytes(const FitRequest& request, int width, std::size_t layers,
                                       std::size_t texts);

}  // namespace otherwise
