#include "cli/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "otherwise/console/glyphs.h"

namespace otherwise::cli {
namespace {

using std::chrono::milliseconds;

/// What was written to a temporary file so far.
std::string content(std::FILE* file) {
    std::array<char, 4096> buffer{};
    std::rewind(file);
    return {buffer.data(), std::fread(buffer.data(), 1, buffer.size(), file)};
}

TEST(ProgressLine, CountsRateAndTimeLeft) {
    EXPECT_EQ(progress_line(100, 200, 5.0, 80),
              "━━━━━━━━━━──────────  100/200 pairs  20.0/s  5 s left");
    EXPECT_EQ(progress_line(100, 200, 5.0, 40), "100/200 pairs  20.0/s  5 s left");
    EXPECT_EQ(progress_line(0, 200, 0.0, 40), "────────────────────  0/200 pairs");
    EXPECT_EQ(progress_line(200, 200, 1.0, 40), "200/200 pairs  200/s");
    EXPECT_EQ(progress_line(7, 0, 2.0, 40), "7 pairs  3.5/s");
    EXPECT_LE(console::display_width(progress_line(100, 200, 5.0, 12)), 12);
}

TEST(DurationText, InTheTwoLargestUnits) {
    EXPECT_EQ(duration_text(0.2), "0 s");
    EXPECT_EQ(duration_text(59.4), "59 s");
    EXPECT_EQ(duration_text(200), "3 min 20 s");
    EXPECT_EQ(duration_text(7500), "2 h 5 min");
    EXPECT_EQ(duration_text(-1), "0 s");
}

TEST(Progress, DrawsTenTimesASecondAndClears) {
    std::FILE* file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    Progress::Clock::time_point now{};
    {
        Progress progress(1000, file, {.visible = true, .now = [&] { return now; }});
        for (int i = 0; i < 1000; ++i) {  // one second
            progress.update(i);
            now += milliseconds(1);
        }
    }
    const std::string text = content(file);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 10 + 1);
    EXPECT_TRUE(text.ends_with("\r\x1b[2K"));
    std::fclose(file);
}

TEST(Progress, WritesNothingWithoutATerminal) {
    std::FILE* file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    {
        Progress progress(10, file);
        progress.update(5);
        progress.clear();
    }
    EXPECT_EQ(content(file), "");
    std::fclose(file);
}

}  // namespace
}  // namespace otherwise::cli
