#include "otherwise/measure/rounding_rows.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/measure/measured_json.h"

namespace otherwise {
namespace {

TEST(RoundingRows, StandBesideTheirNudge) {
    const std::vector<std::string> names{"edit", "other", "lone", "nudge"};
    std::vector<ChangedStrings> changed(4);
    for (int i = 0; i < 40; ++i) {
        changed[0].add(i, 0, i % 2);
        changed[2].add(i + 100, 0, 1.0);  // none that the nudge ran on
        changed[3].add(i, 0, i % 4 == 1);
    }
    const auto rows = rounding_rows(names, changed, [](std::size_t world) {
        return world == 1 || world == 3 ? std::nullopt : std::optional<std::size_t>(3);
    });
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].world, "edit");
    EXPECT_EQ(rows[0].nudge, "nudge");
    EXPECT_EQ(rows[0].beyond.world.value, 0.5);
    EXPECT_EQ(rows[0].beyond.nudge.value, 0.25);
    EXPECT_EQ(find_rounding(rows, "edit"), rows.data());
    EXPECT_EQ(find_rounding(rows, "other"), nullptr);

    const auto json = rounding_json(rows[0]);
    EXPECT_EQ(json["nudge"], "nudge");
    EXPECT_EQ(json["beyond"], measured_json(rows[0].beyond.difference));
    EXPECT_EQ(json["near_floor"], rows[0].beyond.near_floor());
}

TEST(MeasuredJson, HasItsIntervalAndHowMany) {
    const auto known =
        measured_json({.value = 0.5, .interval = {0.25, 0.75}, .n = 9, .clusters = 3});
    EXPECT_EQ(known.dump(), R"({"value":0.5,"low":0.25,"high":0.75,"n":9,"strings":3})");
    EXPECT_EQ(measured_json({.value = 0.5, .n = 1, .clusters = 1}).dump(),
              R"({"value":0.5,"low":null,"high":null,"n":1,"strings":1})");
}

}  // namespace
}  // namespace otherwise
