#include "otherwise/serve/http.h"

#include <gtest/gtest.h>

namespace otherwise::serve {
namespace {

TEST(HttpRequest, HeadersHaveOneValue) {
    HttpRequest request;
    request.headers = {{"Host", "a"}, {"cookie", "b"}};
    EXPECT_EQ(request.header("host"), "a");
    EXPECT_EQ(request.header("Cookie"), "b");
    EXPECT_FALSE(request.header("Origin"));
    request.headers.emplace_back("HOST", "a");
    EXPECT_FALSE(request.header("Host"));
}

TEST(HttpRequest, ParametersAreDecoded) {
    HttpRequest request;
    request.query = "x&file=a%20b%2Fc+d%&token=1&token=2&=3&y=%zz";
    EXPECT_EQ(request.parameter("file"), "a b/c d%");
    EXPECT_EQ(request.parameter("token"), "1");
    EXPECT_EQ(request.parameter("y"), "%zz");
    EXPECT_FALSE(request.parameter("x"));
    EXPECT_FALSE(request.parameter("none"));
}

}  // namespace
}  // namespace otherwise::serve
