// How a process ends over an abort of llama.cpp's; tests/cli_crash_test.py sends signals to whole
// ones.
#include "cli/crash.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <new>
#include <utility>

#include "otherwise/model/atomic_file.h"
#include "tests/support/models.h"

// ggml.h, which declares it, belongs to other rooms.
extern "C" [[noreturn]] void ggml_abort(const char* file, int line, const char* format, ...);

namespace otherwise::cli {
namespace {

TEST(CrashDeathTest, LlamaCppsOwnAbortIsAFailureThatLeavesNothing) {
    const test::TemporaryFolder folder;
    EXPECT_EXIT(
        {
            explain_crashes();
            const AtomicFile half(folder / "a");
            ggml_abort("there.cpp", 7, "%s", "GGML_ASSERT(n_dims) of \x1b[2Jm\n failed");
        },
        testing::ExitedWithCode(1),
        "^otherwise: expected a model that llama.cpp can work with, got one on which it gives up "
        "\\(there.cpp:7: GGML_ASSERT\\(n_dims\\) of  \\[2Jm  failed\\); is the file whole\\?.*\n$");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CrashDeathTest, AThreadThatIsRefusedIsNoFaultOfTheModel) {
    EXPECT_EXIT(
        {
            explain_crashes();
            ggml_abort("ggml-cpu.c", 3370, "%s", "GGML_ASSERT(rc == 0) failed");
        },
        testing::ExitedWithCode(1),
        "^otherwise: expected a thread for llama.cpp, got none [^\n]*try fewer[^\n]*\n$");
}

TEST(CrashDeathTest, MemoryThatIsRefusedToADestructorIsAFailure) {
    const test::TemporaryFolder folder;
    struct Greedy {
        explicit Greedy(std::function<void()> given) : refuse(std::move(given)) {}
        ~Greedy() { refuse(); }  // NOLINT(bugprone-exception-escape): what is tested
        Greedy(const Greedy&) = delete;
        Greedy& operator=(const Greedy&) = delete;
        std::function<void()> refuse;
    };
    EXPECT_EXIT(
        {
            explain_crashes();
            const AtomicFile half(folder / "a");
            const Greedy greedy([] { std::get_new_handler()(); });
        },
        testing::ExitedWithCode(1), "^otherwise: expected enough memory, got none; try [^\n]*\n$");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CrashDeathTest, AnotherAbortEndsByItsSignal) {
    EXPECT_EXIT(
        {
            explain_crashes();
            std::abort();
        },
        testing::KilledBySignal(SIGABRT), "a fault of the program");
}

}  // namespace
}  // namespace otherwise::cli
