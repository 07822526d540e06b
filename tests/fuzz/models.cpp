// needs: llama
//
// Models: a sound one with changes (gguf_changes.h), in all that llama.cpp does with it. The first
// byte says what.
#include <unistd.h>

#include <filesystem>

#include "otherwise/model/embedder.h"
#include "otherwise/model/inspect.h"
#include "otherwise/model/quantize.h"
#include "tests/fuzz/decode.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/gguf_changes.h"
#include "tests/fuzz/sound_files.h"

namespace otherwise {
namespace {

void describe(const Model& model) {
    const Tokens tokens = model.tokenize("the <|end|> a\xC3\xA9 \xFF\n1", true, true);
    (void)model.text(tokens, true);
    (void)model.text(model.continuation(" the", false));
    for (Token token = 0; token < model.n_vocab(); ++token) {
        (void)model.kind(token);
        (void)model.ends(token);
    }
    (void)model.bos();
    (void)model.eos();
    (void)model.name();
    (void)model.quantization();
    (void)model.chat_template();
    (void)model.max_positions();
}

/// Leaves nothing beside where it is refused.
void quantize(const std::string& path) {
    namespace fs = std::filesystem;
    const fs::path folder =
        fs::temp_directory_path() / ("otherwise-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    try {
        quantize_model(path, folder / "q.gguf", "Q8_0", 1);
    } catch (const Error& error) {
        if (!fs::is_empty(folder)) {
            std::abort();
        }
    }
    fs::remove_all(folder);
}

void use(const std::string& path, std::uint8_t how) {
    switch (how % 6) {
        case 0: {
            const auto model = Model::load(path);
            describe(*model);
            fuzz::decode(model);
            break;
        }
        case 1:
            fuzz::decode(Model::load(path, {.weights = "f16"}));
            break;
        case 2:
            describe(*Model::load(path, {.weights = {}, .vocabulary_only = true}));
            break;
        case 3:
            quantize(path);
            break;
        case 4:
            (void)describe_file(path);
            (void)find_sites(*Model::load(path));
            break;
        default:
            (void)Embedder::load(path)->embed(std::vector<std::string>{"the house", ""});
    }
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    static const fuzz::GgufBytes sound = fuzz::sound_model();
    const std::string bytes = fuzz::bytes_of(data, size);
    if (!bytes.empty()) {
        const fuzz::InputFile file(fuzz::changed(sound, bytes.substr(1)));
        fuzz::survive([&] { use(file.path(), data[0]); });
    }
    return 0;
}
