// needs: llama
//
// What the library makes is what the command makes, byte for byte.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "otherwise/api/edit.h"
#include "otherwise/api/fit.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/open_input.h"
#include "otherwise/fit/edit/adapter_file.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

class ApiFiles : public testing::Test {
protected:
    /// Runs the command in the folder; its exit code.
    [[nodiscard]] int command(const std::string& arguments) const {
        const auto line = "cd '" + folder_.path().string() + "' && OTHERWISE_CACHE=cache '" +
                          OTHERWISE_COMMAND + "' " + arguments + " -q -t 1 >out.txt 2>err.txt";
        return std::system(line.c_str());  // NOLINT(concurrency-mt-unsafe)
    }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (folder_ / name).string();
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(file(name)) << text;
    }

    test::TemporaryFolder folder_;
    std::string model_ = test::tiny_model(folder_, "llama").string();
};

TEST_F(ApiFiles, AnEdit) {
    const std::string fact = "river | the {} was made in | a | iron";
    ASSERT_NE(command("edit memit -m llama.gguf -o command.gguf --force --layers 0-1 --steps 3 "
                      "--prefixes 1 --covariance-tokens 400 --seed 3 --fact '" +
                      fact + "'"),
              -1);
    EditStudy study{.model = model_,
                    .facts = {parse_fact(fact)},
                    .method = EditMethod::memit,
                    .layers = parse_edit_layers("0-1"),
                    .preset = "",
                    .steps = 3,
                    .prefixes = 1,
                    .corpus = "",
                    .covariance_tokens = 400,
                    .seed = 3};
    const Work work{.threads = 2, .cpu_variant = "", .force = true, .cache_folder = ""};
    const auto edited = edit(study, work, {}, file("library.gguf"));
    EXPECT_EQ(edited.output, file("library.gguf"));
    ASSERT_EQ(sha256_file(file("library.gguf")), sha256_file(file("command.gguf")));
    // the value alone, without a file
    save_lora(edit(study, work).adapter, file("value.gguf"));
    EXPECT_EQ(sha256_file(file("value.gguf")), sha256_file(file("command.gguf")));
    // the control
    study.seed = 4;
    (void)edit(study, work, {}, file("other.gguf"));
    EXPECT_NE(sha256_file(file("other.gguf")), sha256_file(file("command.gguf")));
}

TEST_F(ApiFiles, AnAdapterOfTheLibraryIsCheckedByTheCommand) {
    const EditStudy study{.model = model_,
                          .facts = {parse_fact("river | the {} was made in | a | iron")},
                          .layers = parse_edit_layers("1"),
                          .preset = "",
                          .steps = 3,
                          .prefixes = 0,
                          .corpus = "",
                          .covariance_tokens = 400};
    const Work work{.threads = 1, .cpu_variant = "", .force = true, .cache_folder = ""};
    const auto edited = edit(study, work, {}, file("rome.gguf"));
    ASSERT_EQ(edited.after.size(), 1U);
    EXPECT_EQ(adapter_origin(file("rome.gguf")).facts.front().subject, "river");
    ASSERT_EQ(command("edit check -m llama.gguf --lora rome.gguf --json"), 0);
    std::ifstream out(file("out.txt"));
    const std::string printed{std::istreambuf_iterator<char>(out), {}};
    std::vector<std::string> notes;
    auto checked =
        check_adapter({.model = model_, .adapter = file("rome.gguf"), .facts = {}}, work,
                      {.on_note = [&](const std::string& note) { notes.push_back(note); }});
    EXPECT_TRUE(notes.empty());
    checked.output = "rome.gguf";
    EXPECT_EQ(to_json(checked) + "\n", printed);
    EXPECT_EQ(*checked.after.front().scores.new_on_prompt.mean(),
              *edited.after.front().scores.new_on_prompt.mean());
    EXPECT_NE(*checked.after.front().scores.new_on_prompt.mean(),
              *checked.before.front().scores.new_on_prompt.mean());
}

TEST_F(ApiFiles, AFit) {
    for (const char* word : {"king", "queen"}) {
        std::string lines;
        for (const char* place : {"river", "city", "house", "garden", "winter", "summer", "road",
                                  "hill", "sea", "ship", "bird", "song"}) {
            lines += std::string("the ") + word + " of the " + place + "\n";
        }
        write(std::string(word) + ".txt", lines);
    }
    for (const std::string method : {"direction", "mimic", "leace"}) {
        ASSERT_EQ(command("fit " + method + " king.txt queen.txt -m llama.gguf --held-out 0.4 -o " +
                          method + ".gguf"),
                  0);
        const auto fitted =
            fit({.model = model_,
                 .sets = {read_texts(file("king.txt")), read_texts(file("queen.txt"))},
                 .request = {.method = fit_method_of(method), .held_out = 0.4}},
                {.threads = 2});
        save_learned(fitted.file, file("library.gguf"));
        EXPECT_EQ(sha256_file(file("library.gguf")), sha256_file(file(method + ".gguf"))) << method;
    }
}

TEST_F(ApiFiles, AnEditThatIsStoppedWritesNothing) {
    const EditStudy study{.model = model_,
                          .facts = {parse_fact("river | the {} was made in | a")},
                          .layers = parse_edit_layers("1"),
                          .preset = "",
                          .corpus = "",
                          .covariance_tokens = 400};
    const auto edited =
        edit(study, {.threads = 1}, {.cancelled = [] { return true; }}, file("never.gguf"));
    EXPECT_TRUE(edited.cancelled);
    EXPECT_EQ(edited.output, "");
    EXPECT_FALSE(std::filesystem::exists(file("never.gguf")));
}

}  // namespace
}  // namespace otherwise
