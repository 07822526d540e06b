#include "otherwise/serve/events.h"

#include <gtest/gtest.h>

namespace otherwise::serve {
namespace {

TEST(Events, ALineOfDataForEachOfTheText) {
    EXPECT_EQ(event("law", "{}"), "event: law\ndata: {}\n\n");
    EXPECT_EQ(event("result", "{\n  1\n}"), "event: result\ndata: {\ndata:   1\ndata: }\n\n");
    EXPECT_EQ(event("x", ""), "event: x\ndata: \n\n");
}

TEST(Events, ErrorsAreOneLineWithoutMarks) {
    const Error error(Fault::misuse, {.where = "here",
                                      .expected = "a folder (" + setting("files") + ")",
                                      .came = "two\nlines",
                                      .advice = setting("port", "9")});
    EXPECT_EQ(error_json(error), R"({"error":"expected a folder (files), got two lines; port 9"})");
    EXPECT_EQ(error_json("\xff"), "{\"error\":\"\xEF\xBF\xBD\"}");
}

TEST(Events, TokensAndResults) {
    EXPECT_EQ(to_json(LiveTokens{.string = "1",
                                 .world = "hot",
                                 .position = 3,
                                 .tokens = {7, 8},
                                 .pieces = {" <b>", "\xE2"}}),
              "{\"string\":\"1\",\"world\":\"hot\",\"position\":3,\"tokens\":[7,8],"
              "\"pieces\":[\" <b>\",\"\xEF\xBF\xBD\"]}");
    EXPECT_EQ(
        to_json(LiveResult{.anew = true,
                           .prompt_rows_kept = 12,
                           .evaluated = {"a"},
                           .kept = {"b"},
                           .warnings = {"drop " + setting("temp")},
                           .seconds = 0.5}),
        R"({"cancelled":false,"anew":true,"seconds":0.5,"prompt_rows_kept":12,"evaluated":["a"],"kept":["b"],)"
        R"("warnings":["drop `temp`"]})");
    EXPECT_EQ(progress_json(1, 20), R"({"done":1,"total":20})");
    EXPECT_EQ(note_json("a"), R"({"note":"a"})");
}

}  // namespace
}  // namespace otherwise::serve
