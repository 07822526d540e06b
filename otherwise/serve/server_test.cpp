// needs: llama
// The server of the live page in this process; tests/cli_serve_test.py asks it over the wire.
#include "otherwise/serve/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otherwise/serve/answers.h"
#include "otherwise/serve/studies.h"
#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise::serve {
namespace {

const test::TinyFiles& files() {
    static const test::TinyFiles made;
    return made;
}

ServeSettings tiny(int port, const std::string& host = "127.0.0.1") {
    return {.study = {.model = files().path("a.gguf"),
                      .prompts = {"the city"},
                      .tokens = 4,
                      .worlds = {parse_world("hot=temp:1.5")}},
            .work = {.threads = 1},
            .host = host,
            .port = port};
}

TEST(Server, ATakenPortSaysTheNextFreeOne) {
    const Server first(tiny(0));
    const std::string address = first.address();
    EXPECT_THAT(address, testing::MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+/"));
    const int port = std::stoi(address.substr(address.rfind(':') + 1));
    EXPECT_ERROR(Server(tiny(port)), std::to_string(port) + ", which is taken; `port=");
}

TEST(Server, BeyondLoopbackTheLinkHasAToken) {
    EXPECT_THAT(Server(tiny(0, "0.0.0.0")).address(),
                testing::MatchesRegex("http://0\\.0\\.0\\.0:[0-9]+/\\?token=[0-9a-f]+"));
}

TEST(Server, AModelThatIsNotThereIsAnError) {
    auto settings = tiny(0);
    settings.study.model = "none.gguf";
    EXPECT_ERROR(Server(settings), "none.gguf");
}

TEST(Studies, TheLongestUnusedGoes) {
    Studies studies({.threads = 1, .memory = 4000}, 2);
    EXPECT_EQ(studies.work().memory, 2000U);
    const LiveStudy* spare = &studies.spare();
    LiveStudy* a = &studies.of("a");
    EXPECT_EQ(a, spare) << "the first session takes what is there";
    (void)studies.of("b");
    EXPECT_EQ(&studies.of("a"), a);
    (void)studies.of("c");  // b goes
    EXPECT_EQ(studies.size(), 2U);
    EXPECT_EQ(&studies.of("a"), a);
}

TEST(Answers, EndInAnErrorEventWhereTheStudyMakesNoSense) {
    Studies studies({.threads = 1}, 1);
    Ask ask{.study = tiny(0).study};
    ask.study.worlds = {parse_world("late=do:9:\" the\"")};
    Job job("", "run", answer_run(studies, ask));
    job.run();
    job.finish();
    std::string last;
    while (auto event = job.next(std::chrono::milliseconds(0))) {
        last = *event;
    }
    EXPECT_THAT(last, testing::StartsWith("event: error\ndata: {\"error\":\"expected do: within"));
}

TEST(Answers, BoundTheStringsOfATable) {
    Studies studies({.threads = 1}, 1);
    Ask ask{.study = tiny(0).study};
    ask.sample = 1000;
    Job job("", "law", answer_law(studies, ask));
    job.run();
    job.finish();
    EXPECT_EQ(job.next(std::chrono::milliseconds(0)),
              R"({"error":"expected at most 1000 strings, prompts times draws, got 1001"})");
}

}  // namespace
}  // namespace otherwise::serve
