// needs: llama
//
// Covers also: chat_source.cpp (names, files and sources of templates), jinja_errors.cpp and
// jinja_tokens.cpp (what is said of a template that is wrong, and where).
#include "otherwise/model/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/base/date.h"
#include "otherwise/base/hash.h"
#include "otherwise/model/shipped_templates.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

const std::vector<ChatMessage> kQuestion{{.role = "user", .content = "Hi"}};
const std::vector<ChatMessage> kAsked{{.role = "system", .content = "Be brief."},
                                      {.role = "user", .content = "Hi"}};

std::string text_of(const std::string& source, const std::vector<ChatMessage>& messages = kQuestion,
                    const std::string& date = "") {
    return whole_text(
        ChatTemplate(source, "t")
            .render({.messages = messages, .date = date, .tokens = {{"bos_token", "<s>"}}}));
}

TEST(ChatTemplate, KnowsWhatComesFromMessages) {
    const ChatTemplate form("{{ bos_token }}[{{ messages[0].content }}]{{ messages[0].role }}",
                            "t");
    const ChatText parts = form.render({.messages = kQuestion, .tokens = {{"bos_token", "<s>"}}});
    EXPECT_EQ(parts, (ChatText{{.text = "<s>[", .from_message = false},
                               {.text = "Hi", .from_message = true},
                               {.text = "]user", .from_message = false}}));
    EXPECT_EQ(form.hash(), sha256_text(form.source()));
}

TEST(ChatTemplate, GivesWhatTransformersGives) {
    EXPECT_EQ(text_of("{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}"
                      "{{ xml is defined }}{{ eos_token is defined }}"),
              "TrueTrueTrueFalseFalse");
    EXPECT_EQ(text_of("a\n{% if true %}\n  {# comment #}\nb{% endif %}\n"), "a\nb");
}

TEST(ChatTemplate, ShowsTheDateThatItIsGiven) {
    const std::string clock = "{{ strftime_now('%d %b %Y, %A, %H:%M') }}";
    EXPECT_EQ(text_of(clock, kQuestion, "2024-07-26"), "26 Jul 2024, Friday, 00:00");
    EXPECT_EQ(text_of("{{ strftime_now('%Y-%m-%d') }}"), today());
    const std::string own =
        "{% if not date_string is defined %}{% set date_string = 'then' %}"
        "{% endif %}{{ date_string }}";
    EXPECT_EQ(text_of(own), "then");
    EXPECT_EQ(text_of(own, kQuestion, "2024-07-26"), "26 Jul 2024");
    EXPECT_TRUE(ChatTemplate(clock, "t").reads_clock());
    EXPECT_FALSE(ChatTemplate(clock, "t").takes_date());
    EXPECT_TRUE(ChatTemplate(own, "t").takes_date());
    EXPECT_FALSE(ChatTemplate(own + "{{ 'strftime' }}", "t").reads_clock());
}

TEST(ChatTemplate, ShippedOnesShowDates) {
    for (const auto& [name, date] : std::vector<std::pair<std::string, std::string>>{
             {"meta-llama-Llama-3.1-8B-Instruct", "26 Jul 2024"},  // its own
             {"meta-llama-Llama-3.2-3B-Instruct", date_text(today(), "%d %b %Y")}}) {
        const auto source = read_chat_template(name);
        EXPECT_THAT(text_of(source), testing::HasSubstr("Today Date: " + date)) << name;
        EXPECT_THAT(text_of(source, kQuestion, "2025-01-02"),
                    testing::HasSubstr("Today Date: 02 Jan 2025"))
            << name;
    }
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

/// (source, what the complaint names)
const std::vector<std::pair<std::string, std::string>> kBroken{
    {"a\nb {{ 'x' | nothing }}", "Unknown (built-in) filter 'nothing' for type String, in line 2"},
    {"{% if x %}\n\n{% include 'a' %}{% endif %}", "Unknown statement: include, in line 3"},
    {"a\n{% if messages %}\nb\n{% for m in messages %}{{ m }}", "not closed, in line 4"},
    {"a\n\n{% if messages %}b", "not closed, in line 3, at `{% if messages %}b`"},
    {"x\n{{ 'abc }}", "unexpected end of input during consume_while, in line 2"},
    {"x\n\n{{ a ? b }}", "unexpected character: ?, in line 3"},
    {"{# a", "missing end of comment tag, in line 1"},
    {"\n{{ messages[0] 1 }}", "Expected }} (Got 1), in line 2, at `1 }}`"},
    {"\n\n{{ nothing() }}", "Callee is not a function: got Undefined"},
    {"{{ 1 }}\n{{ messages | tojson(sort_keys=true) }}",
     "sort_keys=true not implemented, in line 2"},
    {"{% for m in messages %}\n{{ 'a' | join('x') }}{% endfor %}", "join() of a text, in line 2"},
    {"{{ range(1000000000000) }}", "range() beyond 100000, in line 1"},
    {"a\n{{ raise_exception('No\nsystem role') }}", "its complaint 'No system role', in line 2"},
    {"{{ range(-9223372036854775807, 0) }}", "range() beyond 100000, in line 1"},
    {"{% set range = nope %}{{ range(1000000000000) }}", "range() beyond 100000, in line 1"},
    {"{% set r = range %}{{ r(1000000000000) }}", "range() beyond 100000, in line 1"},
    {"{% call range(1000000000000) %}{% endcall %}", "a call block of range"},
    {"\n{{ 'a' * 10000000000 }}", "more work than a chat template may make, in line 2"},
    {"{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
     "more work than a chat template may make"},
    {"{% macro f() %}a{{ f() }}{% endmacro %}\n{{ f() }}", "nested too deep"},
    {"{% macro f(x=f()) %}{% endmacro %}{{ f() }}", "nested too deep"},
    {"{% set l = [] %}\n{{ l.append(l) }}", "append(), which changes a list or dict"},
    {"{% set l = [] %}{{ l | append(l) }}", "Unknown (built-in) filter 'append'"},
    {"{% set n = namespace(a=1) %}\n{% set n.a = n %}{{ n | tojson }}", "a value within itself"},
    {"{% set n = namespace(l=[]) %}{% for i in range(200) %}{% set n.l = [n.l] %}{% endfor %}",
     "values nested"},
    {"{% set l = range(99999) %}{% for i in l + l + l + l %}{% endfor %}", "more work"},
    {"\n{{ 3 is divisibleby(0) }}", "divisibleby 0, in line 2"},
    {"{{ [1] | select('divisibleby', 0) }}", "divisibleby 0"},
    {"{{ 0" + repeated("+0", 60000) + " }}", "more than 500 operations, in line 1"},
    {"{{ 0" + repeated("|abs", 30000) + " }}", "more than 500 operations, in line 1"},
    {repeated("{% if 1 %}", 201) + repeated("{% endif %}", 201), "more than 200 levels"},
    {repeated("{% if 1 %}{% else %}", 4000) + repeated("{% endif %}", 4000),
     "more than 200 levels"},
    {"{% if 0 %}" + repeated("{% elif 0 %}", 10000) + "{% endif %}", "more than 200 levels"},
    {repeated("{% set x %}", 5000) + repeated("{% endset %}", 5000), "more than 200 levels"},
    {std::string(100000, '{'), "of t"},
    {std::string(200000, 'a'), "200000 bytes, more than 131072"},
    {"{{ " + std::string(100000, '(') + "1", "levels, in line 1"},
    {"{{ " + std::string(5000, '-') + "1 }}", "more than 500 operations, in line 1"},
};

TEST(ChatTemplate, RefusesInOneLineThatNamesTheLine) {
    for (const auto& [source, said] : kBroken) {
        try {
            (void)text_of(source);
            ADD_FAILURE() << source.substr(0, 80);
        } catch (const Error& error) {
            const std::string line = error.what();
            EXPECT_THAT(line, testing::HasSubstr(said));
            EXPECT_THAT(line, testing::HasSubstr(" of t"));
            EXPECT_EQ(line.find('\n'), std::string::npos);
            EXPECT_LT(line.size(), 600U);
            EXPECT_EQ(error.fault(), Fault::failed);
        }
    }
}

TEST(ChatTemplate, LeavesOrdinaryOnesAlone) {
    EXPECT_EQ(text_of("{{ 'ab' * 3 }}{{ 2 * 3 + 1 }}{{ 'a' ~ 1 }}{{ ([1] + [2]) | join('-') }}"
                      "{{ 4 is divisibleby(2) }}{{ range(3) | length }}"),
              "ababab7a11-2True3");
    EXPECT_EQ(text_of("{% macro f(n, s='.') %}{{ n }}{% if n > 0 %}{{ s ~ f(n - 1) }}{% endif %}"
                      "{% endmacro %}{{ f(3) }}"),
              "3.2.1.0");
    EXPECT_EQ(text_of("{% macro g() %}<{{ caller() }}>{% endmacro %}{% call g() %}x{% endcall %}"),
              "<x>");
    EXPECT_EQ(text_of("{% set n = namespace(l=[]) %}{% for i in range(3) %}"
                      "{% set n.l = n.l + [i] %}{% endfor %}{{ n.l | tojson }}"),
              "[0, 1, 2]");
    EXPECT_EQ(text_of("{% for i in range(9) if i is odd %}{{ i }}{% else %}-{% endfor %}"), "1357");
}

TEST(ChatTemplate, InspectionIsBoundedToo) {
    EXPECT_FALSE(ChatTemplate("{{ range(1000000000000) }}", "t").abilities().system);
    EXPECT_FALSE(
        ChatTemplate("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "t").abilities().tools);
}

TEST(ChatTemplate, TheClockIsNoGivenDate) {
    const auto shown = [](const std::string& source, const std::string& date) {
        return whole_text(
            ChatTemplate(source, "t")
                .render(
                    {.messages = kQuestion, .date = date, .clock = "2025-01-02", .tokens = {}}));
    };
    EXPECT_EQ(shown("{{ strftime_now('%d') }}", ""), "02");
    EXPECT_EQ(shown("{{ strftime_now('%d') }}", "2024-07-26"), "26");
    EXPECT_EQ(shown("{{ date_string is defined }}", ""), "False");
    EXPECT_EQ(shown("{{ date_string }}", "2024-07-26"), "26 Jul 2024");
}

TEST(ChatTemplate, SaysWhatItMakesUseOf) {
    const auto abilities = [](const char* name) {
        return ChatTemplate(read_chat_template(name), name).abilities();
    };
    const auto qwen = abilities("Qwen-Qwen3-0.6B");
    EXPECT_TRUE(qwen.system && qwen.tools && qwen.reasoning);
    const auto gemma = abilities("google-gemma-2-2b-it");
    EXPECT_FALSE(gemma.system || gemma.tools || gemma.reasoning);
    const auto llama = abilities("meta-llama-Llama-3.2-3B-Instruct");
    EXPECT_TRUE(llama.system && llama.tools && !llama.reasoning);
}

TEST(ChatTemplate, IsReadFromAFileOrByItsName) {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "own.jinja") << "{{ 1 }}";
    EXPECT_EQ(read_chat_template((folder / "own.jinja").string()), "{{ 1 }}");
    EXPECT_EQ(read_chat_template("google-gemma-2-2b-it"),
              read_chat_template("google-gemma-2-2b-it.jinja"));
    EXPECT_EQ(read_chat_template("{{ 2 }}"), "{{ 2 }}");
    EXPECT_TRUE(is_shipped_template("google-gemma-2-2b-it"));
    EXPECT_FALSE(is_shipped_template("{{ 2 }}"));
    EXPECT_ERROR(read_chat_template("llama-3.1"), "meta-llama-Llama-3.1-8B-Instruct");
    EXPECT_ERROR(read_chat_template("gogle-gemma-2-2b-it"), "google-gemma-2-2b-it");
    std::ofstream(folder / "empty.jinja") << "";
    EXPECT_ERROR(read_chat_template((folder / "empty.jinja").string()), "empty file");
    std::ofstream(folder / "bytes.jinja") << "\xFF";
    EXPECT_ERROR(read_chat_template((folder / "bytes.jinja").string()), "UTF-8");
    EXPECT_ERROR(read_chat_template(folder.path().string()), "the name of a template");
}

}  // namespace
}  // namespace otherwise
