#include "otherwise/study/saved_study.h"

#include <gtest/gtest.h>

#include <fstream>

#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;

TEST(SavedStudy, IsReadAgain) {
    const Folder folder;
    Study study{.model = "m.gguf", .prompts = {"a \"quoted\" one"}, .seed = 5};
    study.worlds = {parse_world("hot=temp:1.5")};
    save_study(study, folder / "s.toml");
    EXPECT_EQ(to_toml(read_study(folder / "s.toml")), to_toml(study));
    EXPECT_ERROR(save_study({.file = "-"}, folder / "t.toml"), "`save_study` with a file");
    EXPECT_FALSE(std::filesystem::exists(folder / "t.toml"));
    EXPECT_ERROR(save_study(study, folder / "no/s.toml"), "no/s.toml");
}

TEST(SavedStudy, NamesTheLineOfAFileThatIsGone) {
    const Folder folder;
    const auto there = (folder / "there.txt").string();
    std::ofstream(there) << "x\n";
    Study study{.model = there, .file = "gone.txt", .seed = 5};
    save_study(study, folder / "s.toml");
    EXPECT_ERROR(require_files(study, folder / "s.toml"), "'gone.txt' in line 2 of '");
    study.file = "elsewhere.txt";  // by a flag: no line names it
    EXPECT_NO_THROW(require_files(study, folder / "s.toml"));
    study.worlds = {parse_world("sad=steer:sad.gguf")};
    save_study(study, folder / "s.toml");
    study.file = there;
    EXPECT_ERROR(require_files(study, folder / "s.toml"), "no such file, 'sad.gguf' in line");
}

}  // namespace
}  // namespace otherwise
