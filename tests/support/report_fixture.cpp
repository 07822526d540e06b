// Writes a report of a made-up run, for the tests of the page in a browser:
//
//   report_fixture plain|hostile|many|usual|doses|forced page.html
#include <fstream>
#include <iostream>
#include <string>

#include "otherwise/page/report_page.h"
#include "tests/support/report_scene.h"

int main(int argc, char** argv) {
    const std::string kind = argc == 3 ? argv[1] : "";
    otherwise::test::ReportSceneOptions options;
    if (kind == "hostile") {
        options.hostile = true;
    } else if (kind == "many") {
        options = {.strings = 5200, .tokens = 25, .shown = 5000};
    } else if (kind == "usual") {
        options = {.strings = 500, .tokens = 50};
    } else if (kind == "forced") {
        options.forced = true;
    } else if (kind == "doses") {
        options.doses = true;
    } else if (kind != "plain") {
        std::cerr << "usage: report_fixture plain|hostile|many|usual|doses|forced page.html\n";
        return 2;
    }
    std::ofstream page(argv[2], std::ios::binary);
    page << otherwise::render_report(otherwise::test::ReportScene(options).data());
    return page.flush() ? 0 : 1;
}
