// needs: llama
//
// LoRA adapters: a sound one with changes (gguf_changes.h), loaded for a small model and put to
// work.
#include "otherwise/model/adapter.h"
#include "otherwise/model/inspect.h"
#include "otherwise/model/lora_alpha.h"
#include "otherwise/model/lora_check.h"
#include "tests/fuzz/decode.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/gguf_changes.h"
#include "tests/fuzz/sound_files.h"

namespace otherwise {
namespace {

std::shared_ptr<const Model> the_model() {
    static const fuzz::InputFile file(fuzz::sound_model().written());
    static const auto model = Model::load(file.path());
    return model;
}

void read_all(const std::string& path) {
    fuzz::survive([&] { (void)describe_file(path); });
    fuzz::survive([&] { (void)lora_left_out(GgufFile::open(path)); });
    fuzz::survive([&] { (void)open_lora(GgufFile::open(path)); });
    fuzz::survive([&] {
        const auto lora = Lora::load(the_model(), path);
        fuzz::decode(the_model(), {{.lora = lora, .scale = 0.5F}});
    });
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    static const fuzz::GgufBytes sound = fuzz::sound_lora();
    read_all(fuzz::InputFile(fuzz::changed(sound, fuzz::bytes_of(data, size))).path());
    return 0;
}
