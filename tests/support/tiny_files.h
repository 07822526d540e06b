// Files of tests/support/tiny.py, and what the command makes of them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/models.h"

namespace otherwise::test {

/// A folder with a.gguf and b.gguf (two models), lora.gguf and vector.gguf for them, and texts; or
/// with what is asked for.
class TinyFiles {
public:
    TinyFiles()
        : TinyFiles(
              "tiny.write_model('a.gguf'); tiny.write_model('b.gguf', seed=2); "
              "tiny.write_lora('lora.gguf'); tiny.write_vector('vector.gguf')") {
        write("prompts.txt", "the house of the\nin a winter evening\n");
        write("texts.jsonl",
              "{\"id\": \"x\", \"prompt\": \"the house\", \"text\": \" of the king was red\"}\n"
              "{\"id\": \"y\", \"prompt\": \"in a\", \"text\": \" garden with a bird\"}\n");
    }

    /// A folder with what these calls of tiny.py write there.
    explicit TinyFiles(const std::string& statements) {
        const std::string line =
            "cd '" + folder_.path().string() +
            "' && python3 -c \"import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '" +
            std::string(OTHERWISE_SOURCE_DIR) + "/tests/support'); import tiny; " + statements +
            "\"";
        if (std::system(line.c_str()) != 0) {  // NOLINT(concurrency-mt-unsafe)
            throw std::runtime_error(line);
        }
    }

    [[nodiscard]] std::string path(std::string_view name) const {
        return (folder_ / name).string();
    }

    std::string write(std::string_view name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return path(name);
    }
    [[nodiscard]] std::string read(std::string_view name) const {
        std::ifstream file(folder_ / name, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }

    /// What `otherwise ARGUMENTS` prints. Throws where it fails.
    [[nodiscard]] std::string command(const std::vector<std::string>& arguments) const {
        std::string line = "'" OTHERWISE_COMMAND "'";
        for (const auto& argument : arguments) {
            line += " '" + argument + "'";
        }
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
            ::popen((line + " 2>'" + path("stderr") + "'").c_str(), "r"), ::pclose);
        std::string out;
        char buffer[4096];
        while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe.get())) {
            out.append(buffer, n);
        }
        if (out.empty()) {
            throw std::runtime_error(line + ": " + read("stderr"));
        }
        return out;
    }

private:
    TemporaryFolder folder_;
};

}  // namespace otherwise::test
