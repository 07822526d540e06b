#include "otherwise/model/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "llama.h"
#include "otherwise/model/backends.h"

namespace otherwise {
namespace {

TEST(Log, KeepsTheFirstErrorWithoutItsFunction) {
    start_backend();
    clear_backend_errors();
    EXPECT_EQ(last_backend_error(), "");
    EXPECT_EQ(llama_model_load_from_file("/no/such/file.gguf", llama_model_default_params()),
              nullptr);
    EXPECT_NE(last_backend_error().find("/no/such/file.gguf"), std::string::npos);
    EXPECT_EQ(last_backend_error().find("gguf_init"), std::string::npos);
    clear_backend_errors();
    EXPECT_EQ(last_backend_error(), "");
}

TEST(Log, IsSilentUnlessListenedTo) {
    start_backend();
    testing::internal::CaptureStderr();
    EXPECT_EQ(llama_model_load_from_file("/no/such/file.gguf", llama_model_default_params()),
              nullptr);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    std::vector<std::string> lines;
    listen_to_backend([&](std::string_view line) { lines.emplace_back(line); });
    EXPECT_EQ(llama_model_load_from_file("/no/such/file.gguf", llama_model_default_params()),
              nullptr);
    listen_to_backend({});
    EXPECT_FALSE(lines.empty());
}

void print_abort_message(int /*signal*/) {
    const auto message = backend_abort_message();
    (void)!::write(STDERR_FILENO, message.data(), message.size());
    ::_exit(3);
}

TEST(Log, KeepsTheReasonToAbort) {
    EXPECT_EQ(backend_abort_message(), "");
    const auto abort = [] {
        keep_abort_message();
        (void)std::signal(SIGABRT, print_abort_message);
        ggml_abort("kernel.c", 12, "%d rows\nof 8", 7);
    };
    EXPECT_EXIT(abort(), testing::ExitedWithCode(3), "^kernel.c:12: 7 rows of 8$");
}

}  // namespace
}  // namespace otherwise
