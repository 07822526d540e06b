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

constexpr std::size_t kMemory = std::size_t{256} << 20U;

TEST(Studies, TheLongestUnusedGoes) {
    Studies studies({.threads = 1, .memory = kMemory}, 2);
    const LiveStudy* spare = &studies.spare();
    LiveStudy* a = &studies.of("a");
    EXPECT_EQ(a, spare) << "the first session takes what is there";
    (void)studies.of("b");
    EXPECT_EQ(&studies.of("a"), a);
    (void)studies.of("c");  // b goes
    EXPECT_EQ(studies.size(), 2U);
    EXPECT_EQ(&studies.of("a"), a);
}

TEST(Studies, ShareWhatTheyKeepWithinTheMemory) {
    Studies studies({.threads = 1, .memory = kMemory}, 4);
    const Study study = tiny(0).study;
    EXPECT_THAT(studies.of("a").evaluate(study, 0).evaluated, testing::ElementsAre("hot"));
    EXPECT_THAT(studies.of("b").evaluate(study, 0).kept, testing::ElementsAre("hot"));
    EXPECT_GT(studies.kept().values->bytes(), std::size_t{100'000});
    EXPECT_LE(studies.kept().values->bytes(), kMemory);
    EXPECT_EQ(studies.work_of_one().memory, kMemory / 2);
    EXPECT_LE(studies.kept().values->bytes(), kMemory / 2) << "the other half is free";
}

TEST(Studies, MemoryThatNobodySaidIsHalfOfWhatIsFree) {
    EXPECT_EQ(memory_of({.memory = 77}, 0), 77U);
    EXPECT_GT(memory_of({}, 0), std::size_t{1} << 20U);
}

TEST(Answers, EndInAnErrorEventWhereTheStudyMakesNoSense) {
    Studies studies({.threads = 1, .memory = kMemory}, 1);
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

TEST(Answers, SayInOneLineWhatDoesNotFit) {
    Studies studies({.threads = 1, .memory = 100'000}, 1);
    Job job("", "run", answer_run(studies, {.study = tiny(0).study}));
    job.run();
    job.finish();
    EXPECT_THAT(
        *job.next(std::chrono::milliseconds(0)),
        testing::MatchesRegex("event: error\ndata: .\"error\":\"expected [^\n]*memory[^\n]*\n\n"));
}

TEST(Answers, BoundTheStringsOfATable) {
    Studies studies({.threads = 1, .memory = kMemory}, 1);
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
