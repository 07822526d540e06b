#include "otherwise/serve/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace otherwise::serve {
namespace {

TEST(Pages, NothingInlineAndNothingFromElsewhere) {
    HttpHandlers handlers;
    add_pages(handlers);
    ASSERT_TRUE(handlers.get.contains("/"));
    for (const auto& [path, handler] : handlers.get) {
        const HttpReply reply = handler({}, [] { return true; });
        EXPECT_FALSE(reply.body.empty()) << path;
        EXPECT_EQ(reply.body.find("{{"), std::string::npos) << path;
        if (reply.type.starts_with("text/html")) {
            EXPECT_THAT(reply.body, testing::Not(testing::HasSubstr("<script>")));
            EXPECT_THAT(reply.body, testing::Not(testing::HasSubstr("<style")));
            EXPECT_THAT(reply.body, testing::Not(testing::ContainsRegex(" on[a-z]+=")));
            EXPECT_THAT(reply.body, testing::Not(testing::HasSubstr("http")));
        }
    }
}

TEST(Pages, TheirPolicyHasNoUnsafeWord) {
    bool found = false;
    for (const auto& [name, value] : common_headers()) {
        if (name == "Content-Security-Policy") {
            found = true;
            EXPECT_THAT(value, testing::StartsWith("default-src 'none'"));
            EXPECT_EQ(value.find("unsafe"), std::string::npos);
            EXPECT_EQ(value.find('*'), std::string::npos);
            EXPECT_THAT(value, testing::HasSubstr("frame-ancestors 'none'"));
        }
    }
    EXPECT_TRUE(found);
}

TEST(Pages, EveryRefusalIsASentence) {
    for (const int status : {400, 404, 408, 413, 414, 431, 500}) {
        const HttpReply reply = refusal(status);
        EXPECT_EQ(reply.status, status);
        EXPECT_THAT(reply.body, testing::StartsWith("{\"error\":\"expected "));
        EXPECT_THAT(reply.body, testing::HasSubstr(", got "));
    }
}

}  // namespace
}  // namespace otherwise::serve
