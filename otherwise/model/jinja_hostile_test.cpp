// needs: llama
// Templates that would take minutes or gigabytes: each ends in one line, within a second of
// processor time and 100 MB. Covers also: jinja_bounds.cpp and jinja_budget.cpp.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ctime>
#include <string>
#include <vector>

#include "otherwise/base/error.h"
#include "otherwise/model/chat_template.h"

namespace otherwise {
namespace {

std::string many(int count, const std::string& before, const std::string& after = "") {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += before + (after.empty() ? "" : std::to_string(i) + after);
    }
    return text;
}

const std::string kGrow = "{% set n = namespace(s='a' * 1000) %}{% for i in range(99999) %}";

/// What each takes without end: the first word.
const std::vector<std::string> kHostile{
    kGrow + "{% set n.s = n.s | replace('a', 'aaaaaaaaaa') %}{% endfor %}",
    kGrow + "{% set n.s = n.s.replace('a', 'aa') %}{% endfor %}",
    kGrow + "{% set n.s = (n.s ~ 'b') | replace('a', 'c') | replace('c', 'a') %}{% endfor %}",
    kGrow + "{% set n.s = [n.s, n.s] | join %}{% endfor %}",
    kGrow + "{% set n.s = n.s.join([n.s, n.s]) %}{% endfor %}",
    kGrow + "{% set n.s = '{}{}'.format(n.s, n.s) %}{% endfor %}",
    kGrow + "{% set n.s = n.s ~ n.s %}{% endfor %}",
    kGrow + "{% set n.s = n.s * 3 %}{% endfor %}",
    kGrow + "{% set n.s = (n.s ~ '\\n') | indent(n.s) %}{% endfor %}",
    kGrow + "{% set n.s = [n.s, n.s] | string %}{% endfor %}",
    kGrow + "{% set n.s = [n.s, n.s] | tojson(indent=50) %}{% endfor %}",
    kGrow + "{{ n.s | upper | lower | trim | length }}{% endfor %}",
    kGrow + "{{ n.s[i] }}{{ n.s[::-1] }}{% endfor %}",
    kGrow + "{{ n.s.split('a') | length }}{{ n.s.rsplit('a') | length }}{% endfor %}",
    "{{ range(99999) | join('x' * 9000) }}",
    "{{ ('a\\n' * 100000) | indent(10000, true, true) }}",
    "{{ 'a' | indent(9000000000) }}",
    "{{ 'a' | tojson(indent=2000000000) }}",
    "{% set a = 'a' * 500000 %}{% set b = ('a' * 50000) ~ 'b' %}{{ b in a }}",
    "{% set a = 'a' * 500000 %}{{ a.split(('a' * 50000) ~ 'b') }}",
    "{% set a = 'a' * 500000 %}{{ a | replace(('a' * 50000) ~ 'b', '') }}",
    "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
    "{% for i in range(99999) %}{% set x %}{{ 'a' * 10000 }}{% endset %}{% endfor %}",
    "{% set n = namespace(a=[1]) %}{% for i in range(90) %}{% set n.a = [n.a, n.a] %}{% endfor %}",
    "{% set n = namespace(a=[1]) %}{% for i in range(18) %}{% set n.a = [n.a, n.a] %}{% endfor %}"
    "{% for i in range(99) %}{{ n.a == n.a }}{{ n.a | tojson | length }}{% endfor %}",
    many(4000, "{% set v", " = 1 %}") + "{% for i in range(99999) %}{{ i }}{% endfor %}",
    many(4000, "{% set v", " = 1 %}") +
        "{% macro f() %}{% endmacro %}{% for i in range(9999) %}"
        "{{ f() }}{% endfor %}",
    "{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}"
    "{{ f(60) }}",
    "{% macro f(n) %}{{ caller() }}{% endmacro %}{% macro g(n) %}{% call f() %}{{ g() }}{{ g() }}"
    "{% endcall %}{% endmacro %}{{ g() }}",
    "{{ {" + many(7000, "'k", "': 1, ") + many(7000, "'k6999': 1, ") + "} | length }}",
    "{% for i in range(9999) %}{{ range(99999) | sort | last }}{% endfor %}",
    "{% for i in range(9999) %}{{ range(99999) | select('gt', 5) | map('string') | list | length }}"
    "{% endfor %}",
    "{% set n = namespace(l=[]) %}{% for i in range(9999) %}{% set n.l = n.l + [range(99999)] %}"
    "{% endfor %}",
    "{% set r = namespace(x=0) %}{% set h = namespace(c=r) %}{% for i in range(50000) %}"
    "{% set m = namespace(x=1) %}{% set h.c.x = m %}{% set h.c = m %}{% endfor %}",
    "{% set h = namespace(c=none) %}{% for i in range(50000) %}{% set h.c = namespace(x=h.c) %}"
    "{% endfor %}",
    "{% for i in range(99999) %}" + many(3000, "{{ messages[0].content }}") + "{% endfor %}",
    "{% for i in range(99999) if " + many(300, "i and ") + "i %}{% endfor %}",
    "{{ [" + many(20000, "1,") + "] | map('map', 'x') | list }}",
};

double seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double peak_megabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

TEST(JinjaHostile, EndsInALineWithinASecondAndAHundredMegabytes) {
    constexpr double kSeconds = 1.0;
    constexpr double kMegabytes = 100.0;
    const std::vector<ChatMessage> question{{.role = "user", .content = "Hi"}};
    for (const auto& source : kHostile) {
        const double began = seconds();
        const double before = peak_megabytes();
        try {
            (void)ChatTemplate(source, "t").render({.messages = question, .tokens = {}});
            ADD_FAILURE() << "rendered: " << source.substr(0, 200);
        } catch (const Error& error) {
            const std::string said = error.what();
            EXPECT_EQ(said.find('\n'), std::string::npos) << said;
            EXPECT_NE(said.find("line 1"), std::string::npos) << said;
            EXPECT_LT(said.size(), 600U);
        }
        EXPECT_LT(seconds() - began, kSeconds) << source.substr(0, 200);
        EXPECT_LT(peak_megabytes() - before, kMegabytes) << source.substr(0, 200);
    }
}

/// A long conversation is no hostile one.
TEST(JinjaHostile, ALongConversationRenders) {
    std::vector<ChatMessage> turns;
    for (int i = 0; i < 2000; ++i) {
        turns.push_back({.role = i % 2 == 0 ? "user" : "assistant",
                         .content = many(100, "some words of a turn ")});
    }
    for (const auto* name : {"Qwen-Qwen3-0.6B", "meta-llama-Llama-3.2-3B-Instruct",
                             "google-gemma-2-2b-it", "Mistral-Small-3.2-24B-Instruct-2506"}) {
        const ChatTemplate form(read_chat_template(name), name);
        EXPECT_GT(whole_text(form.render({.messages = turns,
                                          .tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}}}))
                      .size(),
                  4000000U)
            << name;
    }
}

}  // namespace
}  // namespace otherwise
