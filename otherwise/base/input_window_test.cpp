#include "otherwise/base/input_window.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace otherwise {
namespace {

std::string rest(InputWindow& window) {
    const auto bytes = window.rest();
    return {bytes.data(), bytes.size()};
}

TEST(InputWindow, GrowsWithWhatIsAskedFor) {
    const std::string text(3000000, 'a');  // of several blocks
    std::istringstream in(text);
    InputWindow window(in, "in");
    EXPECT_EQ(rest(window), "");
    ASSERT_TRUE(window.more());
    EXPECT_LT(window.rest().size(), text.size());
    window.want(text.size() + 1);
    EXPECT_EQ(rest(window), text);
    EXPECT_FALSE(window.more());
    EXPECT_FALSE(window.more());
    EXPECT_EQ(window.source(), "in");
}

TEST(InputWindow, KeepsItsSizeWhereItIsTaken) {
    std::string line(100000, 'b');
    line.back() = '\n';
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += line;
    }
    std::istringstream in(text);
    InputWindow window(in, "in");
    for (int i = 1; i <= 40; ++i) {
        EXPECT_EQ(window.line(), i);
        window.want(line.size());
        const auto taken = window.take(line.size());
        EXPECT_EQ(std::string(taken.data(), taken.size()), line);
        EXPECT_LT(window.rest().size(), 600000U);
    }
    EXPECT_FALSE(window.more());
}

TEST(InputWindow, LinesAreThoseThatWereTaken) {
    std::istringstream in("a\n\nb\r\nc");
    InputWindow window(in, "in");
    window.want(8);
    EXPECT_EQ(window.line(), 1);
    (void)window.take(0);
    EXPECT_EQ(window.line(), 1);
    (void)window.take(2);
    EXPECT_EQ(window.line(), 2);
    (void)window.take(4);
    EXPECT_EQ(window.line(), 4);
    EXPECT_EQ(rest(window), "c");
}

TEST(InputWindow, OneByteMoreMayBeWritten) {
    std::istringstream in("abc");
    InputWindow window(in, "in");
    window.want(10);
    window.rest().data()[3] = '\0';
    EXPECT_EQ(std::string(window.rest().data()), "abc");
}

}  // namespace
}  // namespace otherwise
