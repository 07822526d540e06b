#include "otherwise/serve/pages.h"

#include <array>

#include "otherwise/page/assets.h"
#include "otherwise/page/bundle.h"
#include "otherwise/serve/guard.h"

namespace otherwise::serve {
namespace {

struct PageFile {
    const char* path;
    const char* asset;
    const char* type;
};

constexpr const char* kScript = "text/javascript; charset=utf-8";
constexpr const char* kStyle = "text/css; charset=utf-8";

/// Those of the report come first: what is drawn is drawn by the same parts.
constexpr std::array kScripts{"format.js",      "blocks.js",     "charts.js",   "tokens.js",
                              "colours.js",     "live_state.js", "live_api.js", "live_panes.js",
                              "live_worlds.js", "live_ask.js",   "live.js"};

constexpr std::array kFiles{
    PageFile{.path = "/", .asset = "live.html", .type = "text/html; charset=utf-8"},
    PageFile{.path = "/static/report.css", .asset = "report.css", .type = kStyle},
    PageFile{.path = "/static/live.css", .asset = "live.css", .type = kStyle},
    PageFile{.path = "/static/theme.js", .asset = "theme.js", .type = kScript},
    PageFile{.path = "/static/chart.js", .asset = "chart.min.js", .type = kScript},
    PageFile{.path = "/static/unlock.js", .asset = "unlock.js", .type = kScript},
};

}  // namespace

void add_pages(HttpHandlers& handlers) {
    for (const auto& file : kFiles) {
        handlers.get[file.path] = [&file](const HttpRequest& /*request*/, const Alive& /*alive*/) {
            return HttpReply{.type = file.type, .body = std::string(page_asset(file.asset))};
        };
    }
    handlers.get["/static/live.js"] = [](const HttpRequest& /*request*/, const Alive& /*alive*/) {
        return HttpReply{.type = kScript, .body = bundled_scripts(kScripts)};
    };
}

std::vector<std::pair<std::string, std::string>> common_headers() {
    return {{"Content-Security-Policy",
             "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
             "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
            {"X-Content-Type-Options", "nosniff"},
            {"Referrer-Policy", "no-referrer"},
            {"Cross-Origin-Opener-Policy", "same-origin"},
            {"Cross-Origin-Resource-Policy", "same-origin"},
            {"Cache-Control", "no-store"}};
}

HttpReply refusal(int status) {
    switch (status) {
        case 404:
            return refuse(status, "expected a path of this server, got another; see docs/serve.md");
        case 408:
            return refuse(status, "expected the request in time, got a part of it");
        case 413:
            return refuse(status, "expected a body of at most a megabyte, got a larger one");
        case 414:
            return refuse(status, "expected a shorter address, got one beyond the bound");
        case 431:
            return refuse(status, "expected fewer and shorter headers, got ones beyond the bound");
        case 500:
            return refuse(status, "expected to answer, got a failure of the server");
        default:
            return refuse(status, "expected a request in HTTP/1.1, got something else");
    }
}

}  // namespace otherwise::serve
