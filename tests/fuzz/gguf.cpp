// needs: llama
//
// GGUF files, as all that reads one of ours, and up to where llama.cpp would see a model.
#include "otherwise/model/affine_file.h"
#include "otherwise/model/control_vector.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/heads_file.h"
#include "otherwise/model/inspect.h"
#include "otherwise/model/lora_alpha.h"
#include "otherwise/model/lora_check.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    const fuzz::InputFile input(data, size);
    fuzz::survive([&] { require_model(GgufFile::open(input.path())); });
    fuzz::survive([&] { require_embedding_model(GgufFile::open(input.path())); });
    fuzz::survive([&] { (void)describe_file(input.path()); });
    fuzz::survive([&] { (void)load_control_vector(input.path()); });
    fuzz::survive([&] { (void)load_affine(input.path()); });
    fuzz::survive([&] { (void)load_heads(input.path()); });
    fuzz::survive([&] {
        const GgufFile file = GgufFile::open(input.path());
        (void)file.notes();
        (void)lora_left_out(file);
        (void)open_lora(file);
    });
    return 0;
}
