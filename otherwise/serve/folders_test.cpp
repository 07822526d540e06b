#include "otherwise/serve/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "otherwise/base/error.h"

namespace otherwise::serve {
namespace {

namespace fs = std::filesystem;

class FoldersTest : public testing::Test {
protected:
    void SetUp() override {
        root_ = fs::path(testing::TempDir()) / ("folders-" + std::to_string(::getpid()));
        fs::create_directories(root_ / "in" / "deep");
        fs::create_directories(root_ / "in-side");
        for (const char* file :
             {"in/a.gguf", "in/deep/b.npz", "in/note.txt", "out.gguf", "in-side/c.gguf"}) {
            std::ofstream(root_ / file) << "x";
        }
        fs::create_symlink(root_ / "out.gguf", root_ / "in" / "link.gguf");
        fs::create_symlink(root_ / "in" / "a.gguf", root_ / "in" / "same.gguf");
        fs::create_directory_symlink(root_, root_ / "in" / "up");
    }
    void TearDown() override { fs::remove_all(root_); }

    [[nodiscard]] std::string path(const std::string& name) const {
        return fs::canonical(root_ / name).string();
    }
    [[nodiscard]] Folders folders() const { return Folders({(root_ / "in").string()}); }

    fs::path root_;
};

TEST_F(FoldersTest, ResolvesWhatIsInside) {
    const Folders in = folders();
    EXPECT_EQ(in.resolve("a.gguf"), path("in/a.gguf"));
    EXPECT_EQ(in.resolve("deep/../a.gguf"), path("in/a.gguf"));
    EXPECT_EQ(in.resolve("deep/b.npz"), path("in/deep/b.npz"));
    EXPECT_EQ(in.resolve("same.gguf"), path("in/a.gguf"));
    EXPECT_EQ(in.resolve(path("in/a.gguf")), path("in/a.gguf"));
}

TEST_F(FoldersTest, NothingLeadsOut) {
    const Folders in = folders();
    const std::string zero("a.gguf\0", 7);
    for (const std::string& name :
         {std::string("../out.gguf"), std::string("link.gguf"), std::string("up/out.gguf"),
          std::string("up/in-side/c.gguf"), std::string("deep/../../out.gguf"), path("out.gguf"),
          std::string("/etc/passwd"), std::string("../in-side/c.gguf"), std::string(""),
          std::string("."), std::string(".."), std::string("deep"), std::string("none.gguf"),
          std::string("~/a.gguf"), zero}) {
        EXPECT_THROW((void)in.resolve(name), Error) << name;
    }
    EXPECT_THROW((void)Folders({}).resolve("a.gguf"), Error);
}

TEST_F(FoldersTest, ASingleFileOfTheCommandLine) {
    Folders in = folders();
    in.allow(path("out.gguf"));
    EXPECT_EQ(in.resolve(path("out.gguf")), path("out.gguf"));
    EXPECT_EQ(in.resolve("link.gguf"), path("out.gguf"));
    EXPECT_THROW((void)in.resolve(path("in-side/c.gguf")), Error);
}

TEST_F(FoldersTest, NamesThatAPageCanUse) {
    Folders in = folders();
    EXPECT_EQ(in.name_of(path("in/deep/b.npz")), "deep/b.npz");
    EXPECT_EQ(in.name_of(path("out.gguf")), path("out.gguf")) << "not to be had";
    EXPECT_EQ(in.name_of("none.gguf"), "none.gguf");
    in.allow(path("out.gguf"));
    EXPECT_EQ(in.resolve(in.name_of((root_ / "in" / "link.gguf").string())), path("out.gguf"));
}

TEST_F(FoldersTest, ListsWhatWorldsAreMadeOf) {
    std::vector<std::string> names;
    for (const auto& file : folders().list()) {
        names.push_back(file.name);
        EXPECT_EQ(file.bytes, 1U);
    }
    EXPECT_THAT(names, testing::ElementsAre("a.gguf", "deep/b.npz", "same.gguf"));
    EXPECT_THROW(Folders({path("in/a.gguf")}), Error);
}

}  // namespace
}  // namespace otherwise::serve
