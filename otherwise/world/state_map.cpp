#include "otherwise/world/state_map.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace otherwise {
namespace {

/// Rows worked on at once, so that they and their products stay in the cache.
constexpr std::size_t kBlock = 128;

std::vector<float> scaled(std::vector<float> values, float factor) {
    for (float& value : values) {
        value *= factor;
    }
    return values;
}

std::shared_ptr<const PackedMatrix> packed(std::span<const float> values, std::size_t outputs,
                                           std::size_t inputs) {
    return std::make_shared<const PackedMatrix>(values, outputs, inputs);
}

/// s (W − I), rounded once.
std::vector<float> less_identity(const std::vector<float>& values, std::size_t width,
                                 float strength) {
    std::vector<float> result(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double one = values.size() == width || i / width == i % width ? 1.0 : 0.0;
        result[i] = static_cast<float>(double{strength} * (double{values[i]} - one));
    }
    return result;
}

void multiply(const PackedMatrix& matrix, std::span<const float* const> rows,
              std::vector<float>& out, int threads) {
    out.resize(rows.size() * matrix.stride());
    matrix.multiply(rows, out, threads);
}

/// x_i ± r_i x_i by the lowest bit of x_i.
void turn(float* x, const std::vector<float>& relative) {
    for (std::size_t i = 0; i < relative.size(); ++i) {
        const bool odd = (std::bit_cast<std::uint32_t>(x[i]) & 1U) != 0;
        x[i] += (odd ? -relative[i] : relative[i]) * x[i];
    }
}

void move_states(const StateStep& step, const SiteRows& states) {
    if (step.captures) {
        step.patch->capture(step.layer, states);
    } else {
        step.patch->replace(step.layer, states);
    }
}

bool in_scope(Scope scope, std::uint8_t written) {
    return scope == Scope::all || (scope == Scope::written) == (written != 0);
}

}  // namespace

StateMap StateMap::affine(const AffineMap& map, float strength) {
    if (strength == 0.0F) {
        return {};
    }
    const std::size_t width = map.bias.size();
    Parts parts{.shift = scaled(map.bias, strength)};
    switch (map.form()) {
        case AffineForm::diagonal:
            parts.diagonal = less_identity(map.diagonal, width, strength);
            break;
        case AffineForm::low_rank: {
            const auto rank = static_cast<std::size_t>(map.rank);
            parts.down = packed(map.down, rank, width);
            parts.wide = packed(scaled(map.up, strength), width, rank);
            break;
        }
        case AffineForm::dense:
            parts.wide = packed(less_identity(map.dense, width, strength), width, width);
            break;
        default:
            break;
    }
    return StateMap(std::move(parts));
}

StateMap StateMap::shift(std::vector<float> direction, float strength) {
    return affine({.bias = std::move(direction)}, strength);
}

StateMap StateMap::ablation(std::vector<float> direction, float strength) {
    double norm = 0.0;
    for (const float value : direction) {
        norm += static_cast<double>(value) * value;
    }
    if (norm == 0.0) {
        return {};
    }
    for (float& value : direction) {
        value = static_cast<float>(value / std::sqrt(norm));
    }
    std::vector<float> zeros(direction.size(), 0.0F);
    auto up = scaled(direction, -1.0F);
    return affine(
        {.bias = std::move(zeros), .rank = 1, .down = std::move(direction), .up = std::move(up)},
        strength);
}

StateMap StateMap::nudge(std::vector<float> relative) {
    const bool still = std::ranges::all_of(relative, [](float r) { return r == 0.0F; });
    if (still) {
        return {};
    }
    std::vector<float> zeros(relative.size(), 0.0F);
    return StateMap({.shift = std::move(zeros), .diagonal = std::move(relative), .turned = true});
}

std::optional<StateMap> StateMap::then(const StateMap& next) const {
    if (next.nothing()) {
        return *this;
    }
    if (nothing()) {
        return next;
    }
    if (next.parts_->wide || !next.parts_->diagonal.empty() || parts_->turned) {
        return std::nullopt;
    }
    Parts sum = *parts_;
    for (std::size_t i = 0; i < sum.shift.size(); ++i) {
        sum.shift[i] += next.parts_->shift[i];
    }
    return StateMap(std::move(sum));
}

void StateMap::multiply_rows(std::span<float* const> rows, StateScratch& scratch,
                             int threads) const {
    const Parts& parts = *parts_;
    scratch.inputs.assign(rows.begin(), rows.end());
    if (parts.down) {
        multiply(*parts.down, scratch.inputs, scratch.inner, threads);
        for (std::size_t r = 0; r < rows.size(); ++r) {
            scratch.inputs[r] = scratch.inner.data() + r * parts.down->stride();
        }
    }
    multiply(*parts.wide, scratch.inputs, scratch.delta, threads);
}

void StateMap::add_to(float* x, const float* delta) const {
    const std::vector<float>& shift = parts_->shift;
    const std::vector<float>& diagonal = parts_->diagonal;
    if (parts_->turned) {
        turn(x, parts_->diagonal);
    } else if (delta != nullptr) {
        for (std::size_t i = 0; i < shift.size(); ++i) {
            x[i] += delta[i] + shift[i];
        }
    } else if (!diagonal.empty()) {
        for (std::size_t i = 0; i < shift.size(); ++i) {
            x[i] += diagonal[i] * x[i] + shift[i];
        }
    } else {
        for (std::size_t i = 0; i < shift.size(); ++i) {
            x[i] += shift[i];
        }
    }
}

void StateMap::apply(StateScratch& scratch, int threads) const {
    if (nothing()) {
        return;
    }
    const auto& wide = parts_->wide;
    for (std::size_t first = 0; first < scratch.rows.size(); first += kBlock) {
        const auto rows = std::span<float* const>(scratch.rows)
                              .subspan(first, std::min(kBlock, scratch.rows.size() - first));
        if (wide) {
            multiply_rows(rows, scratch, threads);
        }
        for (std::size_t r = 0; r < rows.size(); ++r) {
            add_to(rows[r], wide ? scratch.delta.data() + r * wide->stride() : nullptr);
        }
    }
}

SiteEdit edit_of(const std::vector<StateStep>& steps, int threads) {
    std::vector<StateStep> kept;
    for (const auto& step : steps) {
        const bool same =
            !kept.empty() && kept.back().scope == step.scope && !kept.back().patch && !step.patch;
        const auto joined = same ? kept.back().map.then(step.map) : std::nullopt;
        if (joined) {
            kept.back().map = *joined;
        } else if (step.patch || !step.map.nothing()) {
            kept.push_back(step);
        }
    }
    return [kept = std::move(kept), scratch = StateScratch(), threads](SiteRows states) mutable {
        const auto width = static_cast<std::size_t>(states.width);
        for (const auto& step : kept) {
            if (step.patch) {
                move_states(step, states);
                continue;
            }
            scratch.rows.clear();
            for (std::size_t row = 0; row < states.written.size(); ++row) {
                if (in_scope(step.scope, states.written[row])) {
                    scratch.rows.push_back(states.values.data() + row * width);
                }
            }
            step.map.apply(scratch, threads);
        }
    };
}

bool changes(const std::vector<StateStep>& steps) {
    return std::any_of(steps.begin(), steps.end(), [](const StateStep& step) {
        return step.patch ? !step.captures : !step.map.nothing();
    });
}

}  // namespace otherwise
