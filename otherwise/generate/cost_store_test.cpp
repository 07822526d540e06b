#include "otherwise/generate/cost_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace otherwise {
namespace {

class CostStoreTest : public testing::Test {
protected:
    void SetUp() override {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ =
            std::filesystem::path(testing::TempDir()) / (std::string("cost_store_") + test->name());
        std::filesystem::remove_all(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] CostStore store(const std::string& build = "1") const {
        return {folder_, {.settings = "model = a\n", .build = build}};
    }
    void put(const std::string& text) const {
        std::filesystem::create_directories(folder_);
        std::ofstream(store().file()) << text;
    }

    std::filesystem::path folder_;
    const CallCosts costs_{{{32, 1.0}, {64, 1.875}, {128, 3.5}}};
};

TEST_F(CostStoreTest, GivesBackWhatWasKept) {
    EXPECT_TRUE(store().read().costs.points().empty());
    ASSERT_TRUE(store().write(costs_));
    EXPECT_EQ(store().read().costs.points(), costs_.points());
    EXPECT_EQ(store().read().other_build, "");
    const CostStore other(folder_, {.settings = "model = b\n", .build = "1"});
    EXPECT_TRUE(other.read().costs.points().empty());
}

TEST_F(CostStoreTest, DoesNotTakeAnotherBuilds) {
    ASSERT_TRUE(store("1").write(costs_));
    const KeptCosts kept = store("2").read();
    EXPECT_TRUE(kept.costs.points().empty());
    EXPECT_EQ(kept.other_build, "1");
    ASSERT_TRUE(store("2").write(costs_));  // which takes its place
    EXPECT_EQ(store("1").read().other_build, "2");
}

TEST_F(CostStoreTest, TakesNothingFromAFileThatMakesNoSense) {
    const std::string head = R"({"build": "1", "settings": "model = a\n", "calls": )";
    put(head + R"([{"rows": 32, "time": 1.0}]})");
    EXPECT_EQ(store().read().costs.points().size(), 1U);  // what the others break
    for (const std::string& text :
         {std::string(), std::string("\0\xff\xfe", 3), std::string("[]"), std::string("{"),
          head + "7}", head + R"([{"rows": 32}]})", head + R"([{"rows": "32", "time": 1}]})",
          head + R"([{"rows": 32, "time": -1}]})", head + R"([{"rows": 32, "time": null}]})",
          head + R"([{"rows": -32, "time": 1}]})", head + R"([{"rows": 99999999999, "time": 1}]})",
          head + R"([{"rows": 32, "time": 1e300}]})", head + R"([32, 1.0]})",
          head + R"([{"rows": 32, "time": 1}, {"rows": 64, "time": 0.5}]})",
          std::string(R"({"build": "1", "settings": "other", "calls": [{"rows": 8, "time": 1}]})"),
          std::string(R"({"build": 1, "settings": 2, "calls": 3})")}) {
        put(text);
        EXPECT_TRUE(store().read().costs.points().empty()) << text;
    }
}

TEST_F(CostStoreTest, IsNoReasonToFail) {
    std::ofstream(folder_) << "a file where the folder should be";
    EXPECT_FALSE(store().write(costs_));
    EXPECT_TRUE(store().read().costs.points().empty());
    std::filesystem::remove(folder_);
    std::filesystem::create_directories(store().file());  // a folder of the file's name
    EXPECT_FALSE(store().write(costs_));
    EXPECT_TRUE(store().read().costs.points().empty());
}

}  // namespace
}  // namespace otherwise
