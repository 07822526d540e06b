#include "otherwise/console/rounding.h"

#include <gtest/gtest.h>

namespace otherwise::console {
namespace {

const Style kWide{.width = 120};

RoundingRow row(const Measured& difference) {
    return {.world = "Rome",
            .nudge = "nudge",
            .beyond = {.world = {.value = 0.658, .n = 64},
                       .nudge = {.value = 0.594, .n = 64},
                       .difference = difference}};
}

TEST(RenderRounding, SaysAtLeastHowMuchIsMoreThanRounding) {
    EXPECT_EQ(
        render_rounding({row({.value = 0.125, .interval = {0.031, 0.219}, .n = 64})}, false, kWide),
        "  Rome: 65.8 % of 64 strings changed; a change of no meaning changes 59.4 % here; "
        "beyond rounding: at least 12.5 % [3.1\n"
        "  %, 21.9 %]\n");
}

TEST(RenderRounding, SaysWhatToDoNearTheFloor) {
    const auto near = row({.value = -0.003, .interval = {-0.049, 0.039}, .n = 64});
    const auto text = render_rounding({near}, false, kWide);
    EXPECT_NE(text.find("perhaps nothing, −0.3\n  % [−4.9 %, 3.9 %]\n"), std::string::npos) << text;
    EXPECT_NE(text.find("    near the rounding floor: "), std::string::npos);
    EXPECT_NE(text.find("8-bit activations away; more strings narrow the interval\n"),
              std::string::npos);
    EXPECT_EQ(render_rounding({near}, true, kWide).find("8-bit"), std::string::npos);
}

TEST(RenderRounding, LeavesAnIntervalOfNoWidthOut) {
    const auto text =
        render_rounding({row({.value = 0.5, .interval = {0.5, 0.5}, .n = 64})}, true, kWide);
    EXPECT_EQ(text.find('['), std::string::npos) << text;
    EXPECT_EQ(render_rounding({}, true, kWide), "");
}

}  // namespace
}  // namespace otherwise::console
