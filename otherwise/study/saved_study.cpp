#include "otherwise/study/saved_study.h"

#include <fstream>
#include <string>
#include <system_error>

#include "otherwise/base/error.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise {
namespace {

/// The first line of the file that holds the text; 0 where none does.
int line_of(const std::filesystem::path& path, const std::string& text) {
    std::ifstream file(path);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        if (!text.empty() && line.find(text) != std::string::npos) {
            return number;
        }
    }
    return 0;
}

}  // namespace

void save_study(const Study& study, const std::filesystem::path& path) {
    if (study.file == "-") {
        misuse({.where = "save_study",
                .expected = setting("save_study") + " with a file of strings",
                .came = "standard input, which is gone the next time"});
    }
    AtomicFile file(path);
    std::ofstream out(file.path(), std::ios::binary);
    out << to_toml(study);
    out.close();
    if (!out) {
        fail({.where = "save_study",
              .expected = "to write '" + path.string() + "'",
              .came = "a full disk"});
    }
    file.commit();
}

void require_files(const Study& study, const std::filesystem::path& path) {
    const auto check = [&](const std::string& file, const std::string& advice) {
        std::error_code ignored;
        const int line = line_of(path, file);
        if (!file.empty() && line > 0 && !std::filesystem::exists(file, ignored)) {
            fail({.where = "require_files",
                  .expected = "the files of the study",
                  .came = "no such file, '" + file + "' in line " + std::to_string(line) + " of '" +
                          path.string() + "'",
                  .advice = advice});
        }
    };
    const auto point = [](const std::string& name) {
        return "point to it by " + setting(name, "FILE") + ", or edit the line";
    };
    check(study.model, point("model"));
    check(study.file, point("file"));
    (void)with_files(study, [&](const std::string& file) {
        check(file, "edit the line; names count from the working directory");
        return file;
    });
}

}  // namespace otherwise
