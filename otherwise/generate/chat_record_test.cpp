// Turns as a text and back; strings_test.cpp reads them from records in either form.
#include "otherwise/generate/chat_record.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

TEST(ChatText, IsOpenAisListAndComesBack) {
    const std::vector<ChatMessage> messages{{.role = "system", .content = "be \"brief\""},
                                            {.role = "user", .content = "é\n"}};
    const auto text = chat_text(messages);
    EXPECT_EQ(text,
              R"([{"role":"system","content":"be \"brief\""},{"role":"user","content":"é\n"}])");
    EXPECT_EQ(read_chat_text(text), messages);
    EXPECT_EQ(chat_text({}), "[]");
    EXPECT_TRUE(read_chat_text("[]").empty());
}

TEST(ChatText, IsNoneWhereItIsAnotherThing) {
    for (const std::string text : {"", "the house", "{\"role\": \"user\"}", "3", "[{"}) {
        EXPECT_TRUE(read_chat_text(text).empty()) << text;
    }
    // What a turn does not say is empty.
    EXPECT_EQ(read_chat_text(R"([3, {"role": "user"}, {"content": 5}])"),
              (std::vector<ChatMessage>{{}, {.role = "user", .content = ""}, {}}));
}

}  // namespace
}  // namespace otherwise
