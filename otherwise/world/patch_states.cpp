#include "otherwise/world/patch_states.h"

#include <algorithm>
#include <string>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

/// The place of a row among ascending ones.
std::optional<std::size_t> index_of(const std::vector<int>& rows, int row) {
    const auto found = std::ranges::lower_bound(rows, row);
    return found == rows.end() || *found != row
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - rows.begin()));
}

std::optional<int> first_of(const std::vector<int>& rows) {
    return rows.empty() ? std::nullopt : std::optional(rows.front());
}

}  // namespace

std::optional<std::vector<int>> rows_of(const std::vector<RowRange>& ranges, int length,
                                        RowRange& outside) {
    std::vector<bool> named(static_cast<std::size_t>(length), ranges.empty());
    for (const RowRange& range : ranges) {
        const int base = range.first < 0 ? length : 0;
        if (base + range.first < 0 || base + range.last >= length) {
            outside = range;
            return std::nullopt;
        }
        std::fill(named.begin() + base + range.first, named.begin() + base + range.last + 1, true);
    }
    std::vector<int> rows;
    for (int row = 0; row < length; ++row) {
        if (named[static_cast<std::size_t>(row)]) {
            rows.push_back(row);
        }
    }
    return rows;
}

bool from_the_end(const std::vector<RowRange>& ranges) {
    return !ranges.empty() &&
           std::ranges::all_of(ranges, [](const RowRange& range) { return range.first < 0; });
}

void PatchStates::clear() {
    donors_.clear();
    strings_.clear();
    values_.clear();
    captured_.clear();
    count_ = 0;
}

int PatchStates::add_donor(std::vector<int> rows) {
    donors_.push_back({.rows = std::move(rows), .first = count_});
    count_ += donors_.back().rows.size();
    return static_cast<int>(donors_.size()) - 1;
}

void PatchStates::add_string(int donor, std::vector<int> rows) {
    strings_.push_back({.donor = donor, .rows = std::move(rows)});
}

std::size_t PatchStates::bytes() const {
    return layers_.size() * count_ * static_cast<std::size_t>(width_) * sizeof(float);
}

std::optional<int> PatchStates::first_row(int string) const {
    return first_of(strings_.at(static_cast<std::size_t>(string)).rows);
}

std::optional<int> PatchStates::first_donor_row(int donor) const {
    return first_of(donors_.at(static_cast<std::size_t>(donor)).rows);
}

std::span<float> PatchStates::state(std::size_t layer, std::size_t number) {
    const auto width = static_cast<std::size_t>(width_);
    return std::span(values_[layer]).subspan(number * width, width);
}

void PatchStates::capture(std::size_t layer, const SiteRows& states) {
    const auto width = static_cast<std::size_t>(width_);
    if (values_.empty()) {
        values_.assign(layers_.size(), std::vector<float>(count_ * width));
        captured_.assign(layers_.size(), std::vector<bool>(count_));
    }
    for (std::size_t row = 0; row < states.names.size(); ++row) {
        const auto [string, position] = states.names[row];
        if (string < 0 || static_cast<std::size_t>(string) >= donors_.size()) {
            continue;
        }
        const Donor& donor = donors_[static_cast<std::size_t>(string)];
        if (const auto index = index_of(donor.rows, position)) {
            std::ranges::copy(states.values.subspan(row * width, width),
                              state(layer, donor.first + *index).begin());
            captured_[layer][donor.first + *index] = true;
        }
    }
}

bool PatchStates::has_captured(int donor) const {
    const Donor& its = donors_.at(static_cast<std::size_t>(donor));
    const auto first = static_cast<std::ptrdiff_t>(its.first);
    return std::ranges::any_of(captured_, [&](const std::vector<bool>& flags) {
        return std::find(flags.begin() + first, flags.begin() + first + std::ssize(its.rows),
                         true) != flags.begin() + first + std::ssize(its.rows);
    });
}

void PatchStates::replace(std::size_t layer, const SiteRows& states) const {
    const auto width = static_cast<std::size_t>(width_);
    for (std::size_t row = 0; row < states.names.size(); ++row) {
        const auto [string, position] = states.names[row];
        if (string < 0 || static_cast<std::size_t>(string) >= strings_.size()) {
            continue;
        }
        const String& its = strings_[static_cast<std::size_t>(string)];
        const auto index = index_of(its.rows, position);
        if (!index) {
            continue;
        }
        const auto number = donors_[static_cast<std::size_t>(its.donor)].first + *index;
        if (captured_.empty() || !captured_[layer][number]) {
            if (layers_[layer] == last_layer_) {
                continue;
            }
            fail({.where = "PatchStates",
                  .expected = "the donor's state of row " + std::to_string(position) +
                              " in layer " + std::to_string(layers_[layer]),
                  .came = "none"});
        }
        const auto from = std::span(values_[layer]).subspan(number * width, width);
        std::ranges::copy(from, states.values.begin() + static_cast<std::ptrdiff_t>(row * width));
    }
}

}  // namespace otherwise
