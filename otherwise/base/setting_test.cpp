#include "otherwise/base/setting.h"

#include <gtest/gtest.h>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

std::string flags(std::string_view text) {
    return with_settings(text, [](std::string_view name, std::string_view value) {
        return "--" + std::string(name) + (value.empty() ? "" : " " + std::string(value));
    });
}

TEST(Setting, EachFaceWritesItInItsWay) {
    const auto text = "use " + setting("by", "mean") + ", or less " + setting("memory");
    EXPECT_EQ(flags(text), "use --by mean, or less --memory");
    EXPECT_EQ(plain_settings(text), "use `by=mean`, or less `memory`");
}

TEST(Setting, AValueMayHoldEqualsAndNothing) {
    EXPECT_EQ(flags(setting("world", "NAME=model:FILE")), "--world NAME=model:FILE");
    EXPECT_EQ(flags(setting("memory", "")), "--memory");
}

TEST(Setting, OtherTextStays) {
    EXPECT_EQ(flags(""), "");
    EXPECT_EQ(flags("`by=mean` is --by mean"), "`by=mean` is --by mean");
    EXPECT_EQ(flags("a\xFE open mark"), "a\xFE open mark");
    EXPECT_EQ(flags("a\xFF" + setting("by")), "a\xFF--by");
}

TEST(Setting, ErrorsHoldBothForms) {
    const Error error(Fault::failed, {.where = "x",
                                      .expected = setting("memory") + " of 1G",
                                      .came = "none",
                                      .advice = "raise " + setting("memory")});
    EXPECT_STREQ(error.what(), "expected `memory` of 1G, got none; raise `memory`");
    EXPECT_EQ(error.text([](auto name, auto) { return "--" + std::string(name); }),
              "expected --memory of 1G, got none; raise --memory");
}

}  // namespace
}  // namespace otherwise
