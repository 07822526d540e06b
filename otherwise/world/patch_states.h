// The states that a patch moves: from rows of donor prompts to rows of the strings' prompts.
//
// A row is named by the string whose prompt it is in and by its position there; evaluators say both
// (SiteRows::names), as far as they were told which prompt a stream holds (Evaluator::begin). While
// donors are read their number stands for the string. Memory: states of `width` floats, one for
// each layer and each row of each donor that is moved.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "otherwise/model/tap.h"
#include "otherwise/world/intervention.h"

namespace otherwise {

/// The rows of a prompt of `length` tokens that the ranges name, ascending, each once; all of them
/// where there are no ranges. Nothing where one lies outside, which is then in `outside`.
[[nodiscard]] std::optional<std::vector<int>> rows_of(const std::vector<RowRange>& ranges,
                                                      int length, RowRange& outside);

/// True when all ranges count from the end, so that prompts may differ in length.
[[nodiscard]] bool from_the_end(const std::vector<RowRange>& ranges);

class PatchStates {
public:
    /// Of the node in these layers of a model of `n_layer`, whose rows have `width` values.
    PatchStates(std::vector<int> layers, int width, int n_layer)
        : layers_(std::move(layers)), width_(width), last_layer_(n_layer - 1) {}

    /// Forgets what was planned and captured.
    void clear();
    /// A donor and the rows that are taken of it, ascending; returns its number.
    int add_donor(std::vector<int> rows);
    /// The next string: its prompt's rows get the donor's, in order. As many rows as the donor's.
    void add_string(int donor, std::vector<int> rows);

    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] int donors() const { return static_cast<int>(donors_.size()); }
    [[nodiscard]] const std::vector<int>& layers() const { return layers_; }
    /// The first row of a string's prompt (of a donor) that is the string's own; nothing where none
    /// is.
    [[nodiscard]] std::optional<int> first_row(int string) const;
    [[nodiscard]] std::optional<int> first_donor_row(int donor) const;

    /// Keeps the rows of donors that are taken, of the layers()[layer].
    void capture(std::size_t layer, const SiteRows& states);
    /// Whether some row of the donor was there, in some layer.
    [[nodiscard]] bool has_captured(int donor) const;
    /// Puts them in. In the last layer, where a model drops rows that nothing is predicted from, a
    /// row that the donor has not stays as it is; elsewhere that throws Error.
    void replace(std::size_t layer, const SiteRows& states) const;

private:
    struct Donor {
        std::vector<int> rows;
        std::size_t first;  ///< number of the state of its first row
    };
    struct String {
        int donor;
        std::vector<int> rows;
    };
    [[nodiscard]] std::span<float> state(std::size_t layer, std::size_t number);

    std::vector<int> layers_;
    int width_;
    int last_layer_;
    std::vector<Donor> donors_;
    std::vector<String> strings_;
    std::size_t count_ = 0;                    // states of a layer
    std::vector<std::vector<float>> values_;   // [layer][state * width]
    std::vector<std::vector<bool>> captured_;  // [layer][state]
};

}  // namespace otherwise
