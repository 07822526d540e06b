#include "otherwise/page/report_page.h"

#include "otherwise/base/text.h"
#include "otherwise/page/assets.h"
#include "otherwise/page/bundle.h"
#include "otherwise/page/report_json.h"
#include "otherwise/page/sentences.h"

namespace otherwise {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr const char* kScripts[] = {"format.js", "blocks.js",  "charts.js",  "overview.js",
                                    "tokens.js", "strings.js", "colours.js", "report.js"};

std::string title_of(const ReportData& data) {
    const std::string& name = data.head.title.empty() ? data.head.model : data.head.title;
    return "otherwise: " + name;
}

/// What the page says where scripts do not run.
std::string plain_answers(const ReportData& data) {
    std::string html;
    for (const auto& world : data.worlds) {
        const Sentences s = sentences_of(data, world);
        html += "<h2>" + escape_html(world.name) + "</h2><p>" + escape_html(s.answer) + " " +
                escape_html(s.certainty) + "</p>";
    }
    return html;
}

/// What stands for {{name}} in report.html.
std::string part(const ReportData& data, std::string_view name) {
    if (name == "title") {
        return escape_html(title_of(data));
    }
    if (name == "answers") {
        return plain_answers(data);
    }
    if (name == "data") {
        return report_json(data);
    }
    return name == "scripts" ? bundled_scripts(kScripts) : std::string(page_asset(name));
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string html;
    for (const char c : to_utf8(text)) {
        switch (c) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            case '\'':
                html += "&#39;";
                break;
            default:
                html += c;
        }
    }
    return html;
}

std::string render_report(const ReportData& data) {
    const std::string_view frame = page_asset("report.html");
    std::string page;
    std::size_t at = 0;
    for (;;) {
        const std::size_t open = frame.find(kOpen, at);
        if (open == std::string_view::npos) {
            return page.append(frame.substr(at));
        }
        const std::size_t close = frame.find(kClose, open);
        page.append(frame.substr(at, open - at));
        page += part(data, frame.substr(open + kOpen.size(), close - open - kOpen.size()));
        at = close + kClose.size();
    }
}

}  // namespace otherwise
