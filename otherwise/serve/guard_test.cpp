#include "otherwise/serve/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace otherwise::serve {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

HttpRequest request(const std::string& method, const std::string& path, Headers headers) {
    return {.method = method, .path = path, .query = {}, .body = {}, .headers = std::move(headers)};
}

/// The status of the reply; 0 where the request is let through.
int status(const HttpRequest& asked, const Guard& guard) {
    const auto reply = check_request(asked, guard);
    return reply ? reply->status : 0;
}

const Guard kLocal{.host = "127.0.0.1", .port = 8080, .token = {}};
const Guard kOpen{.host = "0.0.0.0", .port = 8080, .token = "0123456789abcdef"};

TEST(Guard, HostsOfThisMachineAlone) {
    const auto of = [&](const std::string& host) {
        return status(request("GET", "/", {{"Host", host}}), kLocal);
    };
    EXPECT_EQ(of("127.0.0.1:8080"), 0);
    EXPECT_EQ(of("localhost:8080"), 0);
    EXPECT_EQ(of("LocalHost:8080"), 0);
    EXPECT_EQ(of("[::1]:8080"), 0);
    for (const char* host : {"", "127.0.0.1", "127.0.0.1:8081", "evil.example:8080", "evil.example",
                             "localhost.evil.example:8080", "127.0.0.1:8080.evil.example",
                             "192.168.0.7:8080", "127.0.0.1:8080@evil.example:8080", "[::1]:80"}) {
        EXPECT_EQ(of(host), 421) << host;
    }
    EXPECT_EQ(status(request("GET", "/", {}), kLocal), 421);
    EXPECT_EQ(
        status(request("GET", "/", {{"Host", "127.0.0.1:8080"}, {"host", "evil.example:8080"}}),
               kLocal),
        421);
}

TEST(Guard, PagesOfOtherSitesAreRefused) {
    const auto of = [&](const std::string& path, Headers more) {
        more.emplace_back("Host", "127.0.0.1:8080");
        return status(request("GET", path, std::move(more)), kLocal);
    };
    EXPECT_EQ(of("/api/state", {{"Origin", "http://127.0.0.1:8080"}}), 0);
    EXPECT_EQ(of("/api/state", {{"Origin", "http://localhost:8080"}}), 403);
    EXPECT_EQ(of("/api/state", {{"Origin", "http://127.0.0.1:8081"}}), 403);
    EXPECT_EQ(of("/api/state", {{"Origin", "https://127.0.0.1:8080"}}), 403);
    EXPECT_EQ(of("/api/state", {{"Origin", "null"}}), 403);
    EXPECT_EQ(of("/api/state", {{"Origin", "http://evil.example"}}), 403);
    EXPECT_EQ(of("/api/state", {{"Origin", "http://127.0.0.1:8080"}, {"origin", "null"}}), 403);
    EXPECT_EQ(of("/api/state", {{"Sec-Fetch-Site", "same-origin"}}), 0);
    EXPECT_EQ(of("/api/state", {{"Sec-Fetch-Site", "none"}}), 0);
    EXPECT_EQ(of("/api/state", {{"Sec-Fetch-Site", "cross-site"}}), 403);
    EXPECT_EQ(of("/api/state", {{"Sec-Fetch-Site", "same-site"}}), 403);
    EXPECT_EQ(of("/", {{"Sec-Fetch-Site", "cross-site"}}), 0) << "a link to the page";
}

TEST(Guard, MethodsAndTypes) {
    const Headers own{{"Host", "127.0.0.1:8080"}};
    for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"}) {
        EXPECT_EQ(status(request(method, "/api/run", own), kLocal), 405) << method;
    }
    const auto post = [&](const std::string& type) {
        Headers headers = own;
        headers.emplace_back("Content-Type", type);
        return status(request("POST", "/api/run", std::move(headers)), kLocal);
    };
    EXPECT_EQ(post("application/json"), 0);
    EXPECT_EQ(post("Application/JSON; charset=utf-8"), 0);
    EXPECT_EQ(post("text/plain"), 415);
    EXPECT_EQ(post("multipart/form-data; boundary=x"), 415);
    EXPECT_EQ(status(request("POST", "/api/run", own), kLocal), 415);
}

TEST(Guard, TheTokenMovesIntoACookie) {
    const Headers own{{"Host", "192.168.0.7:8080"}};
    EXPECT_EQ(status(request("GET", "/", own), kOpen), 401);
    EXPECT_EQ(status(request("GET", "/", {{"Host", "evil.example:8080"}}), kOpen), 421);
    auto link = request("GET", "/", own);
    link.query = "token=0123456789abcdef";
    const auto reply = check_request(link, kOpen);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 303);
    EXPECT_THAT(reply->headers, testing::UnorderedElementsAre(
                                    testing::Pair("Location", "/"),
                                    testing::Pair("Set-Cookie",
                                                  "otherwise-8080=0123456789abcdef; Path=/; "
                                                  "HttpOnly; SameSite=Strict")));
    link.query = "token=0123456789abcdee";
    EXPECT_EQ(status(link, kOpen), 401);
    link.path = "/api/state";
    link.query = "token=0123456789abcdef";
    EXPECT_EQ(status(link, kOpen), 401) << "links to anything else have no token";
    for (const auto& [value, code] :
         std::vector<std::pair<std::string, int>>{{"a=b; otherwise-8080=0123456789abcdef", 0},
                                                  {"otherwise-8080=0123456789abcde", 401},
                                                  {"otherwise-8081=0123456789abcdef", 401},
                                                  {"xotherwise-8080=0123456789abcdef", 401}}) {
        EXPECT_EQ(
            status(request("GET", "/api/state", {{"Host", "192.168.0.7:8080"}, {"Cookie", value}}),
                   kOpen),
            code)
            << value;
    }
    EXPECT_EQ(status(request("GET", "/api/state",
                             {{"Host", "192.168.0.7:8080"},
                              {"Authorization", "Bearer 0123456789abcdef"}}),
                     kOpen),
              0);
}

TEST(Guard, AVisitWithoutTheTokenGetsAPageWithoutSecrets) {
    const Headers visit{{"Host", "192.168.0.7:8080"},
                        {"Accept", "text/html,application/xhtml+xml"},
                        {"Sec-Fetch-Site", "cross-site"}};
    const auto reply = check_request(request("GET", "/", visit), kOpen);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 401);
    EXPECT_THAT(reply->type, testing::StartsWith("text/html"));
    EXPECT_THAT(reply->body, testing::HasSubstr("src=\"/static/unlock.js\""));
    EXPECT_THAT(reply->body, testing::Not(testing::HasSubstr(kOpen.token)));
    EXPECT_THAT(reply->headers, testing::IsEmpty());
    EXPECT_EQ(status(request("GET", "/static/unlock.js", {{"Host", "192.168.0.7:8080"}}), kOpen),
              401)
        << "its script is for who has the cookie";
    const auto other = check_request(request("GET", "/api/state", visit), kOpen);
    EXPECT_EQ(other->status, 403) << "nothing else is a visit";
    EXPECT_EQ(check_request(request("GET", "/", {{"Host", "192.168.0.7:8080"}}), kOpen)->type,
              "application/json")
        << "of a program";
}

TEST(Guard, SecretsAndAddresses) {
    EXPECT_TRUE(same_secret("abc", "abc"));
    EXPECT_FALSE(same_secret("abc", "abd"));
    EXPECT_FALSE(same_secret("abc", "ab"));
    EXPECT_FALSE(same_secret("abcabc", "abc"));
    EXPECT_FALSE(same_secret("abc", ""));
    EXPECT_NE(new_token(), new_token());
    EXPECT_EQ(new_token().size(), 64U);
    EXPECT_EQ(address_of(kLocal), "http://127.0.0.1:8080/");
    EXPECT_EQ(address_of({.host = "::1", .port = 1, .token = {}}), "http://[::1]:1/");
    EXPECT_EQ(address_of(kOpen), "http://0.0.0.0:8080/?token=0123456789abcdef");
    EXPECT_TRUE(is_loopback("::1"));
    EXPECT_FALSE(is_loopback("127.0.0.1.evil.example"));
}

TEST(Guard, ARefusalIsOneSentenceOfJson) {
    EXPECT_EQ(refuse(400, "expected a \"prompt\", got \xff").body,
              "{\"error\":\"expected a \\\"prompt\\\", got \xEF\xBF\xBD\"}\n");
}

}  // namespace
}  // namespace otherwise::serve
