#include "otherwise/world/patch_states.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

using Rows = std::vector<int>;

TEST(PatchRows, AreNamedFromBothEnds) {
    RowRange outside;
    EXPECT_EQ(rows_of({}, 3, outside), (Rows{0, 1, 2}));
    EXPECT_EQ(rows_of({{3, 3}, {5, 7}, {-1, -1}}, 9, outside), (Rows{3, 5, 6, 7, 8}));
    EXPECT_EQ(rows_of({{-9, -9}, {-1, -1}, {0, 0}}, 9, outside), (Rows{0, 8}));
    EXPECT_EQ(rows_of({{2, 2}, {5, 9}}, 9, outside), std::nullopt);
    EXPECT_EQ(outside, (RowRange{5, 9}));
    EXPECT_EQ(rows_of({{-10, -1}}, 9, outside), std::nullopt);
    EXPECT_TRUE(from_the_end({{-3, -2}, {-1, -1}}));
    EXPECT_FALSE(from_the_end({{-1, -1}, {0, 0}}));
    EXPECT_FALSE(from_the_end({}));
}

/// Rows of two values, named.
struct Rows2 {
    std::vector<float> values;
    std::vector<RowName> names;
    std::vector<std::uint8_t> written = std::vector<std::uint8_t>(names.size());

    [[nodiscard]] SiteRows view() {
        return {.values = values, .width = 2, .written = written, .names = names};
    }
};

TEST(PatchStates, GoFromRowsOfDonorsToThoseOfStrings) {
    PatchStates states({4, 5}, 2, 8);
    const int short_one = states.add_donor({0, 2});
    const int unused = states.add_donor({});
    const int long_one = states.add_donor({5});
    states.add_string(long_one, {3});
    states.add_string(short_one, {1, 3});
    states.add_string(short_one, {1, 3});
    EXPECT_EQ(states.bytes(), 2U * 3U * 2U * sizeof(float));
    EXPECT_EQ(states.first_row(1), 1);
    EXPECT_EQ(states.first_donor_row(long_one), 5);
    EXPECT_EQ(states.first_donor_row(unused), std::nullopt);

    Rows2 donors{.values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 9},
                 .names = {{0, 0}, {0, 1}, {0, 2}, {2, 5}, {-1, 0}}};
    EXPECT_FALSE(states.has_captured(short_one));
    states.capture(0, donors.view());
    EXPECT_TRUE(states.has_captured(short_one));
    EXPECT_TRUE(states.has_captured(long_one));

    Rows2 rows{.values = std::vector<float>(14, 0.0F),
               .names = {{1, 0}, {1, 1}, {1, 3}, {0, 3}, {2, 1}, {-1, 1}, {7, 1}}};
    states.replace(0, rows.view());
    EXPECT_EQ(rows.values, (std::vector<float>{0, 0, 1, 2, 5, 6, 7, 8, 1, 2, 0, 0, 0, 0}));
    EXPECT_ERROR(states.replace(1, rows.view()), "the donor's state of row 1 in layer 5");
}

TEST(PatchStates, StayWhereTheLastLayerHasNoRow) {
    PatchStates states({7}, 2, 8);
    states.add_string(states.add_donor({0, 1}), {0, 1});
    Rows2 last{.values = {1, 2}, .names = {{0, 1}}};
    states.capture(0, last.view());
    Rows2 rows{.values = {5, 5, 6, 6}, .names = {{0, 0}, {0, 1}}};
    states.replace(0, rows.view());
    EXPECT_EQ(rows.values, (std::vector<float>{5, 5, 1, 2}));
}

}  // namespace
}  // namespace otherwise
