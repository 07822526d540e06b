// needs: llama
//
// Control vectors, affine and heads files: a sound one with changes (gguf_changes.h), read, put to
// work on a row, saved and read again. The first byte says which form.
#include <unistd.h>

#include <array>
#include <filesystem>

#include "otherwise/model/adapter.h"
#include "otherwise/model/affine_file.h"
#include "otherwise/model/heads_file.h"
#include "otherwise/model/inspect.h"
#include "otherwise/world/edits.h"
#include "otherwise/world/state_map.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/gguf_changes.h"
#include "tests/fuzz/sound_files.h"

namespace otherwise {
namespace {

constexpr int kLayers = 8;

/// A row through every map of the file.
void apply(const StateEdit& edit) {
    const EditFile file = load_edit_file(edit, static_cast<int>(fuzz::kWidth), kLayers);
    for (const auto& [layer, map] : file.maps.maps) {
        std::vector<float> row(map.bias.size(), 0.25F);
        StateScratch scratch;
        scratch.rows = {row.data()};
        StateMap::affine(map, 0.5F).apply(scratch, 1);
        for (const float value : row) {
            // Finite weights of any size may overflow, but make no number of none.
            if (value != value && map.form() == AffineForm::identity) {
                std::abort();
            }
        }
    }
}

/// What could be read can be written, and is then read as the same.
void save_again(const std::string& path) {
    const std::filesystem::path copy =
        std::filesystem::temp_directory_path() / ("otherwise-fuzz-" + std::to_string(::getpid()));
    fuzz::survive([&] {
        const ControlVector vector = load_control_vector(path);
        save_control_vector(vector, copy);
        if (load_control_vector(copy).directions != vector.directions) {
            std::abort();
        }
    });
    fuzz::survive([&] {
        const AffineFile affine = load_affine(path);
        save_affine(affine, copy);
        if (load_affine(copy).maps != affine.maps) {
            std::abort();
        }
    });
    fuzz::survive([&] {
        const HeadsFile heads = load_heads(path);
        save_heads(heads, copy);
        if (load_heads(copy).shifts != heads.shifts) {
            std::abort();
        }
    });
    std::filesystem::remove(copy);
}

void read_all(const std::string& path) {
    fuzz::survive([&] { (void)describe_file(path); });
    fuzz::survive([&] { apply(Steer{.path = path}); });
    fuzz::survive([&] { apply(Ablate{.path = path}); });
    fuzz::survive([&] { apply(Affine{.path = path}); });
    fuzz::survive([&] { apply(Heads{.path = path}); });
    save_again(path);
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    static const std::array forms = {fuzz::sound_vector(), fuzz::sound_affine(),
                                     fuzz::sound_heads()};
    const std::string bytes = fuzz::bytes_of(data, size);
    if (!bytes.empty()) {
        const std::string changed = fuzz::changed(forms[data[0] % forms.size()], bytes.substr(1));
        read_all(fuzz::InputFile(changed).path());
    }
    return 0;
}
