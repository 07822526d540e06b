#include "otherwise/api/licenses.h"

#include <gmock/gmock.h>

#include "otherwise/base/text.h"
#include "otherwise/base/version.h"

namespace otherwise {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Licenses, NameThePartsAndHoldTheirTexts) {
    const std::string text(licenses());
    EXPECT_THAT(text, StartsWith("otherwise " OTHERWISE_VERSION " holds code of the works below"));
    EXPECT_THAT(text, HasSubstr("\n- Chart.js, in the pages of reports, 3."));
    EXPECT_THAT(text, HasSubstr("\n- {fmt}, "));
    EXPECT_THAT(text, HasSubstr("Permission is hereby granted, free of charge"));
    EXPECT_EQ(to_utf8(text), text);
}

}  // namespace
}  // namespace otherwise
