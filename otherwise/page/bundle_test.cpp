#include "otherwise/page/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "otherwise/page/assets.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(Bundle, PartsInOrderInOneFunction) {
    constexpr std::array kNames{"tokens.js", "format.js"};
    const std::string text = bundled_scripts(kNames);
    EXPECT_THAT(text, testing::StartsWith("\"use strict\";\n(() => {\n"));
    EXPECT_THAT(text, testing::EndsWith("})();\n"));
    const auto tokens = text.find(page_asset("tokens.js"));
    const auto format = text.find(page_asset("format.js"));
    ASSERT_NE(tokens, std::string::npos);
    ASSERT_NE(format, std::string::npos);
    EXPECT_LT(tokens, format);
}

TEST(Bundle, AnUnknownPartIsMisuse) {
    constexpr std::array kNames{"none.js"};
    EXPECT_ERROR(bundled_scripts(kNames), "'none.js'");
}

}  // namespace
}  // namespace otherwise
