#include "otherwise/console/table.h"

#include <gtest/gtest.h>

namespace otherwise::console {
namespace {

Table small() {
    Table table{.heading = "name", .names = {"é", "  inner"}, .columns = {}};
    table.columns = {{.heading = {"", "n"}, .cells = {"1", "1000"}},
                     {.heading = {"two", "lines"}, .cells = {"–", ""}},
                     {.heading = {"never", "seen"}, .cells = {"", ""}}};
    return table;
}

TEST(Table, AlignsAndLeavesEmptyColumnsOut) {
    EXPECT_EQ(render(small(), false),
              "                   two\n"
              "  name        n  lines\n"
              "  é           1      –\n"
              "    inner  1000\n");
}

TEST(Table, OfOneLineOfHeadings) {
    Table table = small();
    table.columns.resize(1);
    EXPECT_TRUE(render(table, false).starts_with("  name        n\n"));
}

TEST(Table, CutsNamesAndMakesThemHarmless) {
    Table table = small();
    table.names[1] = "\x1b[31mred and long";
    const std::string text = render(table, false, 8);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_NE(text.find("…"), std::string::npos);
}

}  // namespace
}  // namespace otherwise::console
