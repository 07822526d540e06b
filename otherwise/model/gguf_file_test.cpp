// needs: llama
//
// Covers also: gguf_write.cpp (what is written comes back) and require_model.cpp.
#include "otherwise/model/gguf_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <limits>

#include "tests/fuzz/gguf_bytes.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

const std::vector<GgufTensor> kTensors = {
    {.name = "first", .shape = {2, 3}, .values = {1, 2, 3, 4, 5, 6}},
    {.name = "second", .shape = {1}, .values = {-7.5F}},
};

std::filesystem::path written(const test::TemporaryFolder& folder) {
    write_gguf(folder / "a.gguf",
               {{"general.architecture", std::string("llama")},
                {"count", std::int32_t{-3}},
                {"size", std::uint32_t{4}},
                {"scale", 0.25F}},
               kTensors);
    return folder / "a.gguf";
}

TEST(GgufFile, RoundTrip) {
    const test::TemporaryFolder folder;
    const GgufFile file = GgufFile::open(written(folder));
    EXPECT_EQ(file.architecture(), "llama");
    EXPECT_EQ(file.type(), "");
    EXPECT_EQ(file.number("count"), -3.0);
    EXPECT_EQ(file.number("size"), 4.0);
    EXPECT_EQ(file.number("scale"), 0.25);
    EXPECT_EQ(file.number("general.architecture"), std::nullopt);
    EXPECT_EQ(file.text("count"), std::nullopt);
    EXPECT_EQ(file.metadata().back(), std::pair(std::string("scale"), std::string("0.25")));
    ASSERT_EQ(file.tensors().size(), 2U);
    for (std::size_t i = 0; i < kTensors.size(); ++i) {
        EXPECT_EQ(file.tensors()[i].name, kTensors[i].name);
        EXPECT_EQ(file.tensors()[i].shape, kTensors[i].shape);
        EXPECT_EQ(file.read_f32(file.tensors()[i]), kTensors[i].values);
    }
    EXPECT_EQ(file.find("third"), nullptr);
}

TEST(GgufFile, EveryTruncationIsRefused) {
    const test::TemporaryFolder folder;
    const auto path = written(folder);
    const auto last = GgufFile::open(path).tensors().back();
    const auto needed = last.offset + last.bytes;  // what follows is padding
    const auto copy = folder / "cut.gguf";
    std::filesystem::copy_file(path, copy);
    for (auto size = needed; size-- > 0;) {
        std::filesystem::resize_file(copy, size);
        EXPECT_ERROR(GgufFile::open(copy), "cut.gguf");
    }
}

TEST(GgufFile, EveryFlippedByteIsReadOrRefused) {
    const test::TemporaryFolder folder;
    const auto path = written(folder);
    const auto size = std::filesystem::file_size(path);
    int refused = 0;
    for (std::uintmax_t at = 0; at < size; ++at) {
        const auto copy = folder / "flipped.gguf";
        std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
        std::fstream file(copy, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(at));
        file.put('\xFF');
        file.close();
        const auto error = test::error_of([&] { static_cast<void>(GgufFile::open(copy)); });
        refused += error == "no error" ? 0 : 1;
    }
    EXPECT_GT(refused, 40);
}

TEST(GgufFile, RefusesAKeyThatBeginsWithAZeroByte) {
    const test::TemporaryFolder folder;
    const auto file = [&](const std::string& key) {
        std::ofstream(folder / "k.gguf", std::ios::binary)
            << fuzz::GgufBytes().text("general.architecture", "llama").whole(key, 1).written();
        return GgufFile::open(folder / "k.gguf");
    };
    EXPECT_NO_THROW(static_cast<void>(file("key")));
    EXPECT_ERROR(static_cast<void>(file(std::string("\0key", 4))), "begins with a zero byte");
}

TEST(GgufFile, ReadsNoTensorThatMemoryCannotHold) {
    const test::TemporaryFolder folder;
    const auto path = folder / "long.gguf";
    constexpr std::uint64_t kMany = std::uint64_t{1} << 40U;
    fuzz::GgufBytes file;
    file.text("general.architecture", "controlvector");
    file.tensors = {{.name = "direction.1", .shape = {kMany}, .data = {}}};
    std::ofstream(path, std::ios::binary) << file.written();
    std::filesystem::resize_file(path, kMany * sizeof(float) + 4096);  // of which none is on disk
    const GgufFile opened = GgufFile::open(path);
    EXPECT_ERROR((void)opened.read_f32(opened.tensors().at(0)),
                 "memory for tensor 'direction.1' of '" + path.string() + "', 4398046511104 bytes");
}

TEST(GgufFile, SaysWhatAFileIsInstead) {
    const test::TemporaryFolder folder;
    EXPECT_ERROR(GgufFile::open(folder / "none"), "no such file");
    EXPECT_ERROR(GgufFile::open(folder.path()), "a folder");
    EXPECT_ERROR(GgufFile::open("/dev/null"), "not a file");
    std::ofstream(folder / "empty").close();
    EXPECT_ERROR(GgufFile::open(folder / "empty"), "an empty file");
    std::ofstream(folder / "text") << "This is no model but a text of some length.";
    EXPECT_ERROR(GgufFile::open(folder / "text"), "another kind");
}

TEST(GgufFile, RequireModelNamesWhatItIs) {
    const test::TemporaryFolder folder;
    const auto file = [&](const std::string& architecture, const std::string& type) {
        write_gguf(folder / "x.gguf",
                   {{"general.architecture", architecture}, {"general.type", type}}, kTensors);
        return GgufFile::open(folder / "x.gguf");
    };
    EXPECT_NO_THROW(require_model(file("llama", "model")));
    EXPECT_ERROR(require_model(file("llama", "adapter")), "`lora`");
    EXPECT_ERROR(require_model(file("controlvector", "")), "`control_vector`");
    EXPECT_ERROR(require_model(file("clip", "mmproj")), "projector");
    EXPECT_ERROR(require_model(file("nomic-bert", "model")), "encoder");
    EXPECT_ERROR(require_model(file("t5", "model")), "encoder-decoder");
    EXPECT_ERROR(require_model(file("dream", "model")), "diffusion");
    EXPECT_ERROR(require_model(file("llama", "imatrix")), "importance matrix");
    EXPECT_ERROR(require_model(file("eagle3", "model")), "draft head");
    EXPECT_ERROR(require_model(file("", "model")), "names no architecture");
}

TEST(GgufFile, RequireModelRefusesNumbersThatAbortTheBackend) {
    const test::TemporaryFolder folder;
    const auto require = [&](const std::string& key, std::uint32_t value) {
        write_gguf(folder / "x.gguf",
                   {{"general.architecture", std::string("llama")},
                    {"llama.embedding_length", std::uint32_t{64}},
                    {"llama." + key, value}},
                   kTensors);
        require_model(GgufFile::open(folder / "x.gguf"));
    };
    EXPECT_NO_THROW(require("block_count", 512));
    EXPECT_ERROR(require("block_count", 513), "number of layers");
    EXPECT_ERROR(require("block_count", 0), "number of layers");
    EXPECT_NO_THROW(require("attention.head_count", 32));
    EXPECT_ERROR(require("attention.head_count", 64), "heads of two values");
    EXPECT_ERROR(require("attention.head_count", 65), "attention heads");
    EXPECT_ERROR(require("expert_count", 5000), "number of experts");
    EXPECT_ERROR(require("expert_used_count", 1), "number of experts");
    const auto scaled = [&](const std::string& scaling) {
        write_gguf(
            folder / "x.gguf",
            {{"general.architecture", std::string("llama")}, {"llama.rope.scaling.type", scaling}},
            kTensors);
        require_model(GgufFile::open(folder / "x.gguf"));
    };
    EXPECT_NO_THROW(scaled("yarn"));
    EXPECT_ERROR(scaled("dynamic"), "unknown rope scaling");
}

TEST(WriteGguf, RefusesWhatDoesNotFit) {
    const test::TemporaryFolder folder;
    const auto path = folder / "a.gguf";
    const auto write = [&](const std::vector<GgufTensor>& tensors) {
        write_gguf(path, {}, tensors);
    };
    EXPECT_ERROR(write({{.name = "a", .shape = {3}, .values = {1}}}), "shape");
    EXPECT_ERROR(write({{.name = std::string(64, 'a'), .shape = {1}, .values = {1}}}), "63 bytes");
    EXPECT_ERROR(write({kTensors[0], kTensors[0]}), "twice");
    EXPECT_FALSE(std::filesystem::exists(path));
}

/// Files of this process may not grow past `bytes` while this lives: a disk that is full.
class SmallDisk {
public:
    explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SmallDisk() {
        setrlimit(RLIMIT_FSIZE, &before_);
        static_cast<void>(std::signal(SIGXFSZ, handler_));
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST(WriteGguf, LeavesNothingOnAFullDisk) {
    const test::TemporaryFolder folder;
    const std::vector<GgufTensor> big = {
        {.name = "big", .shape = {4096}, .values = std::vector<float>(4096, 1.0F)}};
    {
        const SmallDisk disk(8000);
        EXPECT_ERROR(write_gguf(folder / "a.gguf", {}, big), "a.gguf");
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    EXPECT_NO_THROW(write_gguf(folder / "a.gguf", {}, big));
}

}  // namespace
}  // namespace otherwise
