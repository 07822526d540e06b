// needs: llama
//
// Chat templates: what stands before a byte 0xFF is the template, what comes after it a message.
#include <algorithm>
#include <vector>

#include "otherwise/model/chat_template.h"
#include "tests/fuzz/fuzz.h"

namespace otherwise {
namespace {

void render(const ChatTemplate& made, const std::string& text) {
    const std::vector<ChatMessage> messages = {{.role = "system", .content = "be kind"},
                                               {.role = "user", .content = text},
                                               {.role = "assistant", .content = "yes"},
                                               {.role = "user", .content = "<|im_end|>{{ 1 }}"}};
    for (const std::size_t n : {std::size_t{2}, messages.size()}) {
        fuzz::survive(
            [&] {
                const ChatText parts =
                    made.render({.messages = std::span(messages).first(n),
                                 .clock = "2024-02-29",
                                 .tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}}});
                for (std::size_t i = 1; i < parts.size(); ++i) {
                    if (parts[i].from_message == parts[i - 1].from_message) {
                        std::abort();
                    }
                }
            },
            true);
    }
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    const std::string bytes = fuzz::bytes_of(data, size);
    const auto end = std::min(bytes.find('\xFF'), bytes.size());
    const std::string text = end < bytes.size() ? bytes.substr(end + 1) : "hello";
    fuzz::survive(
        [&] {
            const ChatTemplate made(bytes.substr(0, end), "a template");
            (void)made.abilities();
            (void)made.reads_clock();
            (void)made.takes_date();
            render(made, text);
        },
        true);
    return 0;
}
