#include "otherwise/console/style.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>

namespace otherwise::console {
namespace {

class StyleFor : public testing::Test {
protected:
    StyleFor() { set("COLUMNS", ""); }
    ~StyleFor() override { ::unsetenv("COLUMNS"); }
    static void set(const char* name, const char* value) { ::setenv(name, value, 1); }
    [[nodiscard]] Style style() const { return style_for(file_.get()); }

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{std::tmpfile(), std::fclose};
};

TEST_F(StyleFor, AFileHasNoColourAndTheWidthThatIsSaid) {
    EXPECT_FALSE(style().colour);
    EXPECT_EQ(style().width, 80);
    set("COLUMNS", "100");
    EXPECT_EQ(style().width, 100);
    set("COLUMNS", "7");
    EXPECT_EQ(style().width, 40);  // at least
    for (const char* wrong : {"", "wide", "-3", "0"}) {
        set("COLUMNS", wrong);
        EXPECT_EQ(style().width, 80) << wrong;
    }
}

TEST(Hang, IndentsWhatDoesNotFit) {
    const auto text = [](const std::string& body, int width) {
        return hang(cells_of("ab: "), cells_of(body), {.width = width});
    };
    EXPECT_EQ(text("one two three", 40), "ab: one two three\n");
    EXPECT_EQ(text("one two three", 12), "ab: one two\n    three\n");
    EXPECT_EQ(text("", 40), "ab: \n");
    const auto wide = text(std::string(300, 'x'), 1000);
    EXPECT_EQ(wide.find('\n'), std::size_t{kWidestText});  // longer lines are hard to read
}

}  // namespace
}  // namespace otherwise::console
