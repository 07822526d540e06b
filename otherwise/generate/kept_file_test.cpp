#include "otherwise/generate/kept_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/models.h"

namespace otherwise {
namespace {

class KeptFileTest : public testing::Test {
protected:
    [[nodiscard]] KeptFile file(const std::string& settings = "model = a\n",
                                const std::string& build = "one") const {
        return {folder_ / "kept", {.settings = settings, .build = build}};
    }
    /// The values, and the build that is said to be there in place of ours.
    [[nodiscard]] static std::string read(const KeptFile& file) {
        std::string other;
        const auto json = file.read(other);
        return (json.is_null() ? "none" : json.at("x").dump()) + "|" + other;
    }

    test::TemporaryFolder folder_;
};

TEST(AddSetting, IsALineEach) {
    std::string settings;
    add_setting(settings, "model", "a");
    add_setting(settings, "threads", "2");
    EXPECT_EQ(settings, "model = a\nthreads = 2\n");
}

TEST_F(KeptFileTest, KeepsValuesForItsKey) {
    EXPECT_EQ(read(file()), "none|");
    EXPECT_TRUE(file().write({{"x", 1.5}}));
    EXPECT_EQ(read(file()), "1.5|");
    EXPECT_TRUE(file().write({{"x", 2}}));
    EXPECT_EQ(read(file()), "2|");
    EXPECT_EQ(read(file("model = b\n")), "none|");
    EXPECT_NE(file().file(), file("model = b\n").file());
    EXPECT_EQ(file().file(), file("model = a\n", "two").file());
}

TEST_F(KeptFileTest, SaysWhichOtherBuildIsThere) {
    EXPECT_TRUE(file().write({{"x", 1}}));
    EXPECT_EQ(read(file("model = a\n", "two")), "none|one");
    EXPECT_TRUE(file("model = a\n", "two").write({{"x", 2}}));
    EXPECT_EQ(read(file()), "none|two");
}

TEST_F(KeptFileTest, AFileThatMakesNoSenseIsNone) {
    ASSERT_TRUE(file().write({{"x", 1}}));
    for (const std::string text : {"", "{", "[]", "{\"x\": 1}",
                                   R"({"build": "one", "settings": "model = other\n", "x": 1})"}) {
        std::ofstream(file().file(), std::ios::binary) << text;
        EXPECT_EQ(read(file()), "none|") << text;
    }
    std::ofstream(file().file(), std::ios::binary) << R"({"settings": "model = a\n", "x": 1})";
    EXPECT_EQ(read(file()), "none|an unnamed build");
}

TEST_F(KeptFileTest, WhatWasWrittenLongestAgoGivesWay) {
    const auto kept = [&](int i) {
        return KeptFile(folder_ / "kept", {.settings = "model = " + std::to_string(i), .build = ""},
                        8);
    };
    const auto start = std::filesystem::file_time_type::clock::now();
    for (int i = 0; i < 9; ++i) {
        EXPECT_TRUE(kept(i).write({{"x", i}}));
        if (i < 8) {
            std::filesystem::last_write_time(kept(i).file(), start + std::chrono::seconds(i - 100));
        }
    }
    for (int i = 0; i < 9; ++i) {
        EXPECT_EQ(std::filesystem::exists(kept(i).file()), i >= 3) << i;
    }
}

TEST_F(KeptFileTest, AFolderThatTakesNothingIsNoError) {
    std::ofstream(folder_ / "kept") << "a file";
    EXPECT_FALSE(file().write({{"x", 1}}));
    EXPECT_EQ(read(file()), "none|");
}

TEST_F(KeptFileTest, SettingsThatAreNoUtf8AreNeverFoundAgain) {
    EXPECT_TRUE(file("model = \xFF\n").write({{"x", 1}}));
    EXPECT_EQ(read(file("model = \xFF\n")), "none|");
}

}  // namespace
}  // namespace otherwise
