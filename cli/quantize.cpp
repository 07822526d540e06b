// otherwise quantize: another quantization of a model file, to compare it with.
#include <fmt/core.h>
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "otherwise/api/quantize.h"
#include "otherwise/base/cancelled.h"
#include "otherwise/base/error.h"

namespace otherwise::cli {
namespace {

constexpr int kMostThreads = 512;

struct QuantizeArguments {
    std::string from;
    std::string to;
    std::string type;
    int threads = 0;
};

int quantize_file(const QuantizeArguments& a) {
    const Output out("-");
    out.require();
    catch_interrupts();
    const CancelScope scope(interrupted);
    try {
        const QuantizedFile file = quantize(a.from, a.to, a.type, {.threads = a.threads});
        Output("-").show(fmt::format("{} ({})\n", file.path, file.type));
    } catch (const Cancelled&) {
        say("otherwise: interrupted: nothing is written");
        return static_cast<int>(Fault::failed);
    }
    return 0;
}

}  // namespace

void add_quantize(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("quantize",
                                       "write a model file in another quantization, by llama.cpp\n"
                                       "Usage: otherwise quantize FROM TO TYPE [options]");
    const auto a = std::make_shared<QuantizeArguments>();
    command->add_option("FROM", a->from, "a model, a GGUF file")->required()->group("Files");
    command->add_option("TO", a->to, "the file to write")->required()->group("Files");
    command
        ->add_option("TYPE", a->type,
                     fmt::format("the quantization: {}", fmt::join(quantization_names(), " ")))
        ->required()
        ->group("Files");
    whole(command->add_option("-t,--threads", a->threads, "threads [all processors]"), -1,
          kMostThreads);
    command->footer(
        "Example:\n  otherwise quantize m-Q8_0.gguf m-Q2_K.gguf Q2_K\n"
        "  otherwise run -m m-Q8_0.gguf -p \"Once upon a time\" --world small=model:m-Q2_K.gguf");
    command->callback([a, &action] { action = [a] { return quantize_file(*a); }; });
}

}  // namespace otherwise::cli
