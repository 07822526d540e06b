#include "otherwise/base/date.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(Date, KnowsDays) {
    EXPECT_NO_THROW(require_date("2026-11-26"));
    EXPECT_NO_THROW(require_date("2024-02-29"));
    EXPECT_NO_THROW(require_date(today()));
    for (const char* wrong :
         {"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-32", "0000-01-01", "26-01-01",
          "2026-1-1", "2026/01/01", "2026-01-01 ", "tomorrow", "+026-01-01"}) {
        EXPECT_ERROR(require_date(wrong), "a day as YYYY-MM-DD");
    }
}

TEST(Date, IsWrittenAsPythonDoes) {
    EXPECT_EQ(date_text("2024-07-26", "%d %b %Y"), "26 Jul 2024");
    EXPECT_EQ(date_text("2026-03-01", "%A, %B %d, %Y"), "Sunday, March 01, 2026");
    EXPECT_EQ(date_text("2024-12-31", "%j %H:%M:%S"), "366 00:00:00");
    EXPECT_EQ(date_text("2024-12-31", ""), "");
    EXPECT_EQ(date_text("2024-12-31", "%c%c%c%c").substr(0, 24), "Tue Dec 31 00:00:00 2024");
    EXPECT_ERROR(date_text("2024-12-32", "%d"), "a day");
}

}  // namespace
}  // namespace otherwise
