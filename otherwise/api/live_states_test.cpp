#include "otherwise/api/live_states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

LiveState state(std::size_t bytes) {
    return {.strings = {}, .pairs = {}, .laws = {std::string(bytes, 'x')}};
}

TEST(LiveStates, CountsItsBytes) {
    const auto empty = bytes_of({});
    EXPECT_EQ(empty, 0U);
    EXPECT_EQ(bytes_of(state(500)) - bytes_of(state(100)), 400U);
    const LiveState strings{
        .strings = {{.tokens = {1}, .pieces = {"abc"}}}, .pairs = {}, .laws = {}};
    EXPECT_EQ(bytes_of(strings), sizeof(std::string) + 3 + sizeof(Token));
}

TEST(LiveStates, TheHeadIsAllButTheWorlds) {
    const Study study{.model = "m.gguf", .prompts = {"a"}, .worlds = {parse_world("hot=temp:2")}};
    Study other = study;
    other.worlds.clear();
    other.null_strings = FloorStrings::all;
    EXPECT_EQ(head_of(study, 0), head_of(other, 0));
    EXPECT_NE(head_of(study, 0), head_of(study, 1));
    other.seed = 1;
    EXPECT_NE(head_of(study, 0), head_of(other, 0));
    other = study;
    other.prompts = {"b"};
    EXPECT_NE(head_of(study, 0), head_of(other, 0));
}

TEST(LiveStates, TellsStringsBeforeTheirPairAndLawsLast) {
    std::vector<std::string> heard;
    const LiveEvents events{
        .on_string = [&](const LiveTokens& tokens) { heard.push_back("string " + tokens.world); },
        .on_pair = [&](const std::string& line) { heard.push_back("pair " + line); },
        .on_law = [&](const std::string& line) { heard.push_back("law " + line); }};
    const LiveState two{
        .strings = {{.world = "factual"}, {.world = "a"}, {.world = "factual"}, {.world = "a"}},
        .pairs = {"1", "2"},
        .laws = {"3"}};
    show(two, events);
    EXPECT_THAT(heard, testing::ElementsAre("string factual", "string a", "pair 1",
                                            "string factual", "string a", "pair 2", "law 3"));
    show(two, {});  // nobody listens
}

}  // namespace
}  // namespace otherwise
