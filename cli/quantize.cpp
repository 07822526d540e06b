// otherwise quantize: another quantization of a model file, to compare it with.
#include <fmt/core.h>

#include <memory>

#include "cli/command.h"
#include "otherwise/model/quantize.h"

namespace otherwise::cli {
namespace {

struct QuantizeArguments {
    std::string from;
    std::string to;
    std::string type;
    int threads = 0;
};

}  // namespace

void add_quantize(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("quantize", "write a model file in another quantization, by llama.cpp");
    const auto a = std::make_shared<QuantizeArguments>();
    command->add_option("from", a->from, "model, a GGUF file")->required();
    command->add_option("to", a->to, "the file to write")->required();
    command->add_option("type", a->type, "Q4_0, Q8_0, Q2_K, Q4_K_M, F16, …")->required();
    command->add_option("-t,--threads", a->threads, "threads [all processors]")->check(CLI::PositiveNumber);
    command->footer("Example:\n  otherwise quantize model-Q8_0.gguf model-Q2_K.gguf Q2_K\n"
                    "  otherwise run -m model-Q8_0.gguf -p \"Once upon a time\" --world small=model:model-Q2_K.gguf");
    command->callback([a, &action] {
        action = [a] {
            quantize_model(a->from, a->to, a->type, thread_count(a->threads));
            fmt::print("{} ({})\n", a->to, a->type);
            return 0;
        };
    });
}

}  // namespace otherwise::cli
