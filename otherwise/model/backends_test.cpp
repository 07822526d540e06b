// needs: llama
#include "otherwise/model/backends.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "ggml-backend.h"
#include "otherwise/model/system.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

const std::vector<CpuVariant> kVariants{{.name = "zen4", .score = 9},
                                        {.name = "haswell", .score = 3},
                                        {.name = "sapphirerapids", .score = 0}};

TEST(CpuVariant, TheBestUnlessOneIsAskedFor) {
    EXPECT_EQ(chosen_variant(kVariants, {}), "zen4");
    EXPECT_EQ(chosen_variant(kVariants, {.cpu_variant = "haswell"}), "haswell");
}

TEST(CpuVariant, OneThatIsNotThereIsRefusedWithThoseThatRun) {
    EXPECT_ERROR(chosen_variant(kVariants, {.cpu_variant = "zen9"}),
                 "expected a CPU variant that runs here (zen4, haswell), got 'zen9'");
    EXPECT_ERROR(chosen_variant(kVariants, {.cpu_variant = "sapphirerapids"}),
                 "got 'sapphirerapids', which this processor cannot run");
}

TEST(CpuVariant, AnOldProcessorIsToldSo) {
    EXPECT_ERROR(
        chosen_variant({{.name = "sse42", .score = 0}, {.name = "haswell", .score = 0}}, {}),
        "one that runs none of: sse42, haswell");
}

TEST(CodeFiles, AreTheProgramWhereItHoldsTheCode) {
    const auto files = code_files();
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files.front(), "/proc/self/exe");  // of libotherwise.so: tests/library_test.py
    EXPECT_TRUE(std::filesystem::exists(files.back()));
}

TEST(Backends, OneVariantAProcess) {
    EXPECT_EQ(active_cpu_variant(), "");
    start_backend();
    const auto best = cpu_variants().front().name;
    EXPECT_EQ(active_cpu_variant(), best);
    start_backend({.cpu_variant = best});
    EXPECT_ERROR(start_backend({.cpu_variant = "another"}), "started, " + best + ", got 'another'");
    EXPECT_NE(backend_devices(true).find("CPU " + best), std::string::npos);
}

/// Exit code 0 if no module was loaded from the working directory or from $GGML_BACKEND_PATH by
/// this start, 3 if one was.
[[noreturn]] void start_beside_a_hostile_module(const std::filesystem::path& folder,
                                                void (*start)()) {
    const std::filesystem::path module = OTHERWISE_HOSTILE_MODULE;
    std::filesystem::copy(module, folder / module.filename());
    std::filesystem::current_path(folder);
    ::setenv("GGML_BACKEND_PATH", (folder / module.filename()).c_str(), 1);
    start();
    std::_Exit(std::filesystem::exists("hostile-module-was-here") ? 3 : 0);
}

TEST(Backends, NoneFromTheWorkingDirectoryOrTheEnvironment) {
    const test::TemporaryFolder ours;
    EXPECT_EXIT(start_beside_a_hostile_module(ours.path(), [] { start_backend(); }),
                testing::ExitedWithCode(0), "");
    const test::TemporaryFolder llamas;  // control: what llama.cpp does by itself
    EXPECT_EXIT(start_beside_a_hostile_module(llamas.path(), [] { ggml_backend_load_all(); }),
                testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace otherwise
