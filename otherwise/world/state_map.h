// What is done to the states at one node: x -> x + A x + c, prepared for many rows.
//
// With a strength s: A = s (W − I), c = s b, so that x becomes x + s (W x + b − x). A is nothing, a
// diagonal, up · down, or dense, and costs one pass over the rows, one, two products of width ·
// rank, or one of width². The result of a row does not depend on the rows beside it nor on the
// threads (packed_matrix.h).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "otherwise/model/affine_file.h"
#include "otherwise/model/tap.h"
#include "otherwise/world/intervention.h"
#include "otherwise/world/packed_matrix.h"
#include "otherwise/world/patch_states.h"

namespace otherwise {

/// Memory that the maps of one context work in.
struct StateScratch {
    std::vector<float*> rows{};
    std::vector<const float*> inputs{};
    std::vector<float> inner{};  ///< down · x
    std::vector<float> delta{};  ///< A x + c
};

/// An immutable value, cheap to copy.
class StateMap {
public:
    StateMap() = default;
    /// x + s b and its W − I, times s.
    [[nodiscard]] static StateMap affine(const AffineMap& map, float strength);
    /// x + s v
    [[nodiscard]] static StateMap shift(std::vector<float> direction, float strength);
    /// x − s (x·v̂) v̂, v̂ = v / ‖v‖; a zero direction does nothing.
    [[nodiscard]] static StateMap ablation(std::vector<float> direction, float strength);

    /// x_i ± r_i x_i with + where the lowest bit of x_i is 0: r is the relative size and its sign.
    [[nodiscard]] static StateMap nudge(std::vector<float> relative);

    /// True when it surely changes no bit: strength 0, or no direction.
    [[nodiscard]] bool nothing() const { return !parts_; }

    /// This and then a further shift as one map; nothing when `next` is more than a shift.
    [[nodiscard]] std::optional<StateMap> then(const StateMap& next) const;

    /// Maps the rows of scratch.rows, each of the map's width.
    void apply(StateScratch& scratch, int threads) const;

private:
    struct Parts {
        std::vector<float> shift{};     ///< c, [width]
        std::vector<float> diagonal{};  ///< of A, or empty
        bool turned = false;            ///< each entry of the diagonal by the lowest bit of its x_i
        std::shared_ptr<const PackedMatrix> down{};  ///< of low rank, or null
        std::shared_ptr<const PackedMatrix> wide{};  ///< dense A, or up, or null
    };
    /// A x of the rows into scratch.delta.
    void multiply_rows(std::span<float* const> rows, StateScratch& scratch, int threads) const;
    /// x + delta + c, or what needs no product.
    void add_to(float* x, const float* delta) const;
    explicit StateMap(Parts parts) : parts_(std::make_shared<const Parts>(std::move(parts))) {}

    std::shared_ptr<const Parts> parts_;
};

/// A map on the rows in scope, or states that a patch moves.
struct StateStep {
    StateMap map{};
    Scope scope = Scope::all;
    std::shared_ptr<PatchStates> patch{};  ///< in place of a map and a scope
    std::size_t layer = 0;                 ///< index of its layers
    bool captures = false;                 ///< it takes the states, and changes nothing
};

/// The steps as one edit, in their order: those that do nothing are left out, and a shift joins the
/// step before it where their scopes are the same.
[[nodiscard]] SiteEdit edit_of(const std::vector<StateStep>& steps, int threads);

/// Whether such an edit would change anything.
[[nodiscard]] bool changes(const std::vector<StateStep>& steps);

}  // namespace otherwise
