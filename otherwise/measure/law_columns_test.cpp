#include "otherwise/measure/law_columns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace otherwise {
namespace {

/// A law of three tokens, the middle one forced.
StringLaw law_of_three() {
    StringLaw law;
    law.stay = {0.5, 1.0, 0.25};
    law.scored = {0, 2};
    law.at = {{.stay = 0.5,
               .kl = 0.125,
               .same_draw = 0.75,
               .log_p = std::log(0.5),
               .log_q = std::log(0.25),
               .top_p = 7,
               .top_q = 7},
              {.stay = 0.25,
               .kl = std::numeric_limits<double>::infinity(),
               .same_draw = 0.0,
               .log_p = 0.0,
               .log_q = -std::numeric_limits<double>::infinity(),
               .top_p = 7,
               .top_q = 8}};
    return law;
}

TEST(LawColumns, HaveAValueForEachTokenThatNoiseDecides) {
    const StringLaw law = law_of_three();
    for (const auto& column : law_columns()) {
        const auto values = values_of(law, column);
        ASSERT_EQ(values.size(), law.stay.size()) << column.name;
        EXPECT_DOUBLE_EQ(values[0], column.of(law.at[0])) << column.name;
        EXPECT_TRUE(std::isnan(values[1])) << column.name;
    }
}

TEST(LawColumns, GoBackToWhatTheyCameFrom) {
    for (const Comparison& at : law_of_three().at) {
        Comparison back;
        for (const auto& column : law_columns()) {
            const double value = column.of(at);
            column.put(back, std::isfinite(value) ? value : std::nan(""));
        }
        for (const auto& column : law_columns()) {
            EXPECT_DOUBLE_EQ(column.of(back), column.of(at)) << column.name;
        }
    }
}

}  // namespace
}  // namespace otherwise
