#include "otherwise/page/report_page.h"

#include <gtest/gtest.h>

#include <regex>

#include "otherwise/base/error.h"
#include "otherwise/page/assets.h"
#include "tests/support/report_scene.h"

namespace otherwise {
namespace {

using test::ReportScene;

constexpr std::size_t kMegabyte = 1000 * 1000;

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

/// The page without the scripts' own text.
std::string markup(const std::string& page) {
    std::string rest;
    std::size_t at = 0;
    for (;;) {
        const std::size_t open = page.find("<script", at);
        if (open == std::string::npos) {
            return rest + page.substr(at);
        }
        rest += page.substr(at, open - at);
        at = page.find("</script>", open);
    }
}

TEST(ReportPage, HasItsPartsOnce) {
    const std::string page = render_report(ReportScene({}).data());
    EXPECT_TRUE(page.starts_with("<!doctype html>"));
    for (const char* part : {"<title>otherwise: A scene</title>", "id=\"data\"", "id=\"overview\"",
                             "id=\"strings\"", "id=\"how-to-read\"", "<noscript>", "lang=\"en\"",
                             "Content-Security-Policy", "name=\"viewport\""}) {
        EXPECT_EQ(count(markup(page) + page.substr(page.find("<script type"), 60), part), 1U)
            << part;
    }
    EXPECT_NE(page.find("Chart.js v"), std::string::npos);  // the library keeps its licence
    EXPECT_NE(page.find("Released under the MIT License"), std::string::npos);
}

TEST(ReportPage, AsksForNothing) {
    const std::string page = markup(render_report(ReportScene({}).data()));
    EXPECT_EQ(page.find("src="), std::string::npos);
    EXPECT_EQ(page.find("url("), std::string::npos);
    EXPECT_EQ(page.find("@import"), std::string::npos);
    EXPECT_FALSE(std::regex_search(page, std::regex("href=\"[^#]")));
    EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

TEST(ReportPage, HostileTextsStayTexts) {
    const std::string plain = render_report(ReportScene({}).data());
    const std::string hostile = render_report(ReportScene({.hostile = true}).data());
    EXPECT_EQ(count(hostile, "<script"), count(plain, "<script"));
    EXPECT_EQ(count(hostile, "</script"), count(plain, "</script"));
    EXPECT_EQ(count(hostile, "<img"), 0U);
    EXPECT_NE(hostile.find("&lt;/script&gt;"), std::string::npos);  // in the title
    EXPECT_NE(hostile.find("\\u003c/script\\u003e"), std::string::npos);
}

TEST(ReportPage, EscapesForHtml) {
    EXPECT_EQ(escape_html("<a href=\"x\" b='y'>&\xFF"),
              "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\xEF\xBF\xBD");
}

TEST(ReportPage, FiveHundredStringsAreSmall) {
    const ReportScene scene({.strings = 500, .tokens = 50});
    EXPECT_LT(render_report(scene.data()).size(), 5 * kMegabyte);
}

TEST(ReportPage, ItsNumbersAreSaidWithoutScripts) {
    const ReportData data = ReportScene({}).data();
    const std::string page = markup(render_report(data));
    const std::size_t open = page.find("<noscript>");
    const std::string inside = page.substr(open, page.find("</noscript>") - open);
    for (const ReportWorld& world : data.worlds) {
        EXPECT_NE(inside.find("<h2>" + world.name + "</h2>"), std::string::npos);
    }
    EXPECT_NE(inside.find("All 40 strings are unchanged ["), std::string::npos);
}

TEST(ReportPage, UnknownAssetsAreMisuse) {
    EXPECT_THROW((void)page_asset("report.pdf"), Error);
    EXPECT_FALSE(page_asset("report.css").empty());
}

}  // namespace
}  // namespace otherwise
