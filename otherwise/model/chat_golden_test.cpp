// needs: llama
// Every template that llama.cpp ships, against Jinja2 as transformers sets it up: the texts in
// tests/data/chat_templates.json, made by tests/reference/chat_templates.py.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/model/chat_template.h"
#include "otherwise/model/shipped_templates.h"

namespace otherwise {
namespace {

using nlohmann::json;

const json& goldens() {
    static const json data = [] {
        std::ifstream file(OTHERWISE_SOURCE_DIR "/tests/data/chat_templates.json");
        return json::parse(file);
    }();
    return data;
}

/// The text of a case, or what the template or the engine says against it.
std::string rendered(const ChatTemplate& form, const json& a_case,
                     const std::map<std::string, std::string>& tokens) {
    std::vector<ChatMessage> messages;
    for (const auto& message : a_case["messages"]) {
        messages.push_back({.role = message["role"], .content = message["content"]});
    }
    // date_string is no part of these: a template that asks for it shows its own day.
    return whole_text(form.render({.messages = messages,
                                   .add_generation_prompt = a_case["answer_follows"],
                                   .date = form.reads_clock() ? goldens()["date"] : json(""),
                                   .tokens = tokens}));
}

TEST(ChatGoldens, KnowsTheSourcesThatTheyWereMadeOf) {
    ASSERT_EQ(shipped_templates().size(), goldens()["templates"].size());
    for (const auto& shipped : shipped_templates()) {
        EXPECT_EQ(sha256_text(shipped.text), goldens()["templates"][shipped.name]["sha256"])
            << shipped.name;
    }
}

TEST(ChatGoldens, EveryShippedTemplateRendersAsInJinja2) {
    const std::map<std::string, std::string> tokens = goldens()["tokens"];
    int equal = 0;
    int refused = 0;
    for (const auto& shipped : shipped_templates()) {
        for (const auto& [name, a_case] : goldens()["cases"].items()) {
            const std::string title = std::string(shipped.name) + "." + name;
            const json& wanted = goldens()["templates"][shipped.name][name];
            try {
                const ChatTemplate form(std::string(shipped.text), title);
                const auto text = rendered(form, a_case, tokens);
                EXPECT_EQ(json(sha256_text(text).substr(0, 16)), wanted) << title << "\n" << text;
                ++equal;
            } catch (const Error& error) {
                EXPECT_TRUE(wanted.is_null()) << title << ": " << error.what();
                ++refused;
            }
        }
    }
    EXPECT_EQ(equal, 328);
    EXPECT_EQ(refused, 22);  // templates of tools without any, and Gemma's "System role not
                             // supported"
}

}  // namespace
}  // namespace otherwise
