// needs: llama
#include "otherwise/world/state_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

namespace otherwise {
namespace {

constexpr std::size_t kWidth = 37;
constexpr std::size_t kRows = 21;

std::vector<float> numbers(std::size_t count, unsigned seed, float deviation = 1.0F) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, deviation);
    std::vector<float> values(count);
    for (float& value : values) {
        value = normal(random);
    }
    return values;
}

AffineMap map_of(AffineForm form) {
    AffineMap map{.bias = numbers(kWidth, 1)};
    if (form == AffineForm::diagonal) {
        map.diagonal = numbers(kWidth, 2);
    } else if (form == AffineForm::low_rank) {
        map.rank = 3;
        map.down = numbers(3 * kWidth, 3, 0.3F);
        map.up = numbers(kWidth * 3, 4, 0.3F);
    } else if (form == AffineForm::dense) {
        map.dense = numbers(kWidth * kWidth, 5, 0.2F);
    }
    return map;
}

std::vector<float> applied(const StateMap& map, std::vector<float> row) {
    StateScratch scratch;
    scratch.rows = {row.data()};
    map.apply(scratch, 1);
    return row;
}

TEST(StateMapNudge, MovesEachValueByItsLowestBit) {
    const std::vector<float> relative = {0.5F, -0.5F, 0.25F, 0.0F};
    const auto nudge = StateMap::nudge(relative);
    const std::vector<float> even = {2.0F, 2.0F, -4.0F, 3.0F};
    EXPECT_EQ(applied(nudge, even), (std::vector<float>{3.0F, 1.0F, -5.0F, 3.0F}));
    std::vector<float> odd;
    for (const float x : even) {
        odd.push_back(std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) | 1U));
    }
    const auto moved = applied(nudge, odd);
    EXPECT_FLOAT_EQ(moved[0], 1.0F);
    EXPECT_FLOAT_EQ(moved[1], 3.0F);
    EXPECT_FLOAT_EQ(moved[2], -3.0F);
    EXPECT_EQ(moved[3], odd[3]);
}

TEST(StateMapNudge, OfNoSizeIsNothing) {
    EXPECT_TRUE(StateMap::nudge({0.0F, -0.0F}).nothing());
    EXPECT_FALSE(StateMap::nudge({0.0F, 1e-6F}).nothing());
}

/// A shift that follows must not be turned with it.
TEST(StateMapNudge, JoinsWithNothing) {
    const auto nudge = StateMap::nudge({1e-3F});
    EXPECT_FALSE(nudge.then(StateMap::shift({1.0F}, 1.0F)));
    EXPECT_FALSE(StateMap::shift({1.0F}, 1.0F).then(nudge));
}

constexpr AffineForm kForms[] = {AffineForm::identity, AffineForm::diagonal, AffineForm::low_rank,
                                 AffineForm::dense};

/// Row i of W, in double.
std::vector<double> row_of(const AffineMap& map, std::size_t i) {
    std::vector<double> row(kWidth, 0.0);
    row[i] = map.form() == AffineForm::dense ? 0.0 : 1.0;
    for (std::size_t j = 0; j < kWidth; ++j) {
        if (!map.dense.empty()) {
            row[j] = map.dense[i * kWidth + j];
        }
        for (std::size_t k = 0; k < static_cast<std::size_t>(map.rank); ++k) {
            row[j] += double{map.up[i * static_cast<std::size_t>(map.rank) + k]} *
                      double{map.down[k * kWidth + j]};
        }
    }
    if (!map.diagonal.empty()) {
        row[i] = map.diagonal[i];
    }
    return row;
}

/// x + s (W x + b − x) in double, from the definition.
std::vector<double> plain(const AffineMap& map, float strength, const float* x) {
    std::vector<double> y(kWidth);
    for (std::size_t i = 0; i < kWidth; ++i) {
        const auto row = row_of(map, i);
        double mapped = map.bias[i];
        for (std::size_t j = 0; j < kWidth; ++j) {
            mapped += row[j] * double{x[j]};
        }
        y[i] = double{x[i]} + double{strength} * (mapped - double{x[i]});
    }
    return y;
}

std::vector<float> edited(const std::vector<StateStep>& steps, std::vector<float> states,
                          std::vector<std::uint8_t> written = {}, int threads = 1) {
    written.resize(states.size() / kWidth, 1);
    edit_of(steps, threads)({.values = states, .width = kWidth, .written = written});
    return states;
}

/// The same numbers, bit for bit (−0 is not 0).
bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) {
        return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
    });
}

TEST(StateMap, EveryFormIsItsDefinition) {
    const auto states = numbers(kRows * kWidth, 9);
    for (const auto form : kForms) {
        const AffineMap map = map_of(form);
        ASSERT_EQ(map.form(), form);
        for (const float strength : {1.0F, 0.3F, -2.0F}) {
            const auto result = edited({{.map = StateMap::affine(map, strength)}}, states);
            for (std::size_t r = 0; r < kRows; ++r) {
                const auto expected = plain(map, strength, states.data() + r * kWidth);
                for (std::size_t i = 0; i < kWidth; ++i) {
                    EXPECT_NEAR(result[r * kWidth + i], expected[i], 2e-5)
                        << form_name(form) << " × " << strength << ", row " << r;
                }
            }
        }
    }
}

TEST(StateMap, NoStrengthLeavesEveryBit) {
    auto states = numbers(2 * kWidth, 9);
    states[3] = -0.0F;
    for (const auto form : kForms) {
        const StateStep none{.map = StateMap::affine(map_of(form), 0.0F)};
        EXPECT_TRUE(none.map.nothing());
        EXPECT_FALSE(changes({none}));
        EXPECT_TRUE(same_bits(edited({none}, states), states));
        const StateStep little{.map = StateMap::affine(map_of(form), 1e-3F)};  // the control
        EXPECT_TRUE(changes({little}));
        EXPECT_FALSE(same_bits(edited({little}, states), states));
    }
    EXPECT_TRUE(StateMap::ablation(std::vector<float>(kWidth, 0.0F), 1.0F).nothing());
}

TEST(StateMap, ARowHasTheSameBitsInAnyCompanyAndOnAnyThreads) {
    constexpr std::size_t kMany = 150;  // more than one block
    const auto states = numbers(kMany * kWidth, 9);
    for (const auto form : kForms) {
        const std::vector<StateStep> steps{{.map = StateMap::affine(map_of(form), 0.7F)}};
        const auto all = edited(steps, states);
        EXPECT_TRUE(same_bits(edited(steps, states, {}, 3), all));
        for (const std::size_t first : {0U, 5U, 127U, 128U, 149U}) {
            const auto from = static_cast<std::ptrdiff_t>(first * kWidth);
            const std::vector<float> alone(states.begin() + from,
                                           states.begin() + from + static_cast<long>(kWidth));
            const std::vector<float> expected(all.begin() + from,
                                              all.begin() + from + static_cast<long>(kWidth));
            EXPECT_TRUE(same_bits(edited(steps, alone), expected)) << form_name(form);
            EXPECT_FALSE(same_bits(alone, expected));
        }
    }
}

TEST(StateMap, AnErasingMapIsIdempotent) {
    // I − u uᵀ/|u|² about a point: the plane through it across u.
    AffineMap erase{.bias = std::vector<float>(kWidth), .rank = 1, .down = numbers(kWidth, 7)};
    double square = 0.0;
    double along = 0.0;
    const auto point = numbers(kWidth, 8);
    for (std::size_t i = 0; i < kWidth; ++i) {
        square += double{erase.down[i]} * double{erase.down[i]};
        along += double{erase.down[i]} * double{point[i]};
    }
    for (std::size_t i = 0; i < kWidth; ++i) {
        erase.up.push_back(static_cast<float>(-erase.down[i] / square));
        erase.bias[i] = static_cast<float>(erase.down[i] * along / square);
    }
    const std::vector<StateStep> once{{.map = StateMap::affine(erase, 1.0F)}};
    const auto states = numbers(kRows * kWidth, 9);
    const auto erased = edited(once, states);
    const auto again = edited(once, erased);
    double moved = 0.0;
    for (std::size_t i = 0; i < states.size(); ++i) {
        EXPECT_NEAR(again[i], erased[i], 1e-5);
        moved = std::max(moved, std::abs(double{erased[i]} - double{states[i]}));
    }
    EXPECT_GT(moved, 0.1);  // there was something to erase
    const std::vector<StateStep> half{{.map = StateMap::affine(erase, 0.5F)}};  // the control
    const auto halved = edited(half, states);
    EXPECT_FALSE(same_bits(edited(half, halved), halved));
}

TEST(StateMap, ActsOnTheRowsInScopeAlone) {
    const auto states = numbers(3 * kWidth, 9);
    const std::vector<std::uint8_t> written{0, 1, 0};
    const auto changed = [&](Scope scope, AffineForm form) {
        const auto result = edited({{.map = StateMap::affine(map_of(form), 1.0F), .scope = scope}},
                                   states, written);
        std::vector<int> rows;
        for (int r = 0; r < 3; ++r) {
            const auto at = static_cast<std::ptrdiff_t>(r) * static_cast<std::ptrdiff_t>(kWidth);
            if (!std::equal(result.begin() + at, result.begin() + at + kWidth,
                            states.begin() + at)) {
                rows.push_back(r);
            }
        }
        return rows;
    };
    for (const auto form : kForms) {
        EXPECT_EQ(changed(Scope::all, form), (std::vector{0, 1, 2}));
        EXPECT_EQ(changed(Scope::written, form), (std::vector{1}));
        EXPECT_EQ(changed(Scope::prompt, form), (std::vector{0, 2}));
    }
}

TEST(StateMap, StepsRunInTheirOrderAndShiftsJoin) {
    const auto states = numbers(kRows * kWidth, 9);
    const StateMap dense = StateMap::affine(map_of(AffineForm::dense), 1.0F);
    const StateMap one = StateMap::shift(numbers(kWidth, 11), 2.0F);
    const StateMap two = StateMap::shift(numbers(kWidth, 12), 0.5F);
    EXPECT_TRUE(one.then(two).has_value());
    EXPECT_TRUE(dense.then(two).has_value());
    EXPECT_FALSE(one.then(dense).has_value());
    const auto by_turns = [&](const std::vector<StateMap>& maps) {
        auto result = states;
        for (const auto& map : maps) {
            result = edited({{.map = map}}, result);
        }
        return result;
    };
    const auto near = [](const std::vector<float>& a, const std::vector<float>& b) {
        return std::equal(a.begin(), a.end(), b.begin(),
                          [](float x, float y) { return std::abs(x - y) < 1e-5F; });
    };
    const auto joined = edited({{.map = one}, {.map = dense}, {.map = two}, {.map = one}}, states);
    EXPECT_TRUE(near(joined, by_turns({one, dense, two, one})));
    EXPECT_FALSE(near(joined, by_turns({dense, two, one, one})));  // another order
    // Other scopes do not join.
    const auto scoped = edited({{.map = one, .scope = Scope::written}, {.map = two}}, states,
                               std::vector<std::uint8_t>(kRows, 0));
    EXPECT_TRUE(near(scoped, by_turns({two})));
}

TEST(StateMap, AnAblationTakesTheDirectionOutAndNothingElse) {
    std::vector<float> direction(kWidth, 0.0F);
    direction[0] = 2;
    direction[1] = -1;
    direction[2] = 2;
    const auto along = [](const float* x) { return 2 * x[0] - x[1] + 2 * x[2]; };
    const auto across = [](const float* x) { return x[0] + 2 * x[1]; };
    const auto states = numbers(kRows * kWidth, 9);
    const auto whole = edited({{.map = StateMap::ablation(direction, 1.0F)}}, states);
    for (float& x : direction) {
        x *= -10.0F;  // the line matters, not the vector
    }
    const auto half = edited({{.map = StateMap::ablation(direction, 0.5F)}}, states);
    float most = 0.0F;
    for (std::size_t r = 0; r < kRows; ++r) {
        const float* x = states.data() + r * kWidth;
        EXPECT_NEAR(along(whole.data() + r * kWidth), 0.0F, 1e-5F);
        EXPECT_NEAR(across(whole.data() + r * kWidth), across(x), 1e-5F);
        EXPECT_NEAR(along(half.data() + r * kWidth), 0.5F * along(x), 1e-5F);
        most = std::max(most, std::abs(along(x)));
    }
    EXPECT_GT(most, 1.0F);  // there was something to take
}

}  // namespace
}  // namespace otherwise
