#include "otherwise/model/model_files.h"

#include <string>

#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/sound_model.h"

namespace otherwise {
namespace {

/// A number of the parts that a model is split into.
int part_number(const GgufFile& file, const char* key, double usual) {
    constexpr double kMost = 65535.0;
    const double number = file.number(key).value_or(usual);
    const bool fits = number >= 0.0 && number <= kMost;  // NaN does not
    if (!fits) {
        fail({.where = "model_files",
              .expected = "a number of files up to 65535 as " + std::string(key),
              .came = "another one in '" + file.path().string() + "'"});
    }
    return static_cast<int>(number);
}

}  // namespace

std::vector<std::filesystem::path> model_files(const std::filesystem::path& path) {
    const GgufFile first = GgufFile::open(path);
    const int count = part_number(first, "split.count", 1.0);
    const int number = part_number(first, "split.no", 0.0);
    if (count <= 1) {
        require_model(first);
        return {path};
    }
    std::vector<char> prefix(path.string().size() + 1);
    const bool named =
        llama_split_prefix(prefix.data(), prefix.size(), path.c_str(), number, count) > 0;
    if (number != 0 || !named) {
        std::vector<char> start(path.string().size() + 32);
        llama_split_path(start.data(), start.size(), prefix.data(), 0, count);
        fail({.where = "model_files",
              .expected = "the first file of a model in " + std::to_string(count) + " files",
              .came = "file " + std::to_string(number + 1) + ", '" + path.string() + "'",
              .advice = named ? "name '" + std::string(start.data()) + "'"
                              : "name the one that ends in -00001-of-…, under its first name"});
    }
    require_model(first);
    std::vector<std::filesystem::path> files;
    for (int i = 0; i < count; ++i) {
        std::vector<char> name(path.string().size() + 32);
        llama_split_path(name.data(), name.size(), prefix.data(), i, count);
        files.emplace_back(name.data());
        require_sound_tensors(GgufFile::open(files.back()));
    }
    return files;
}

}  // namespace otherwise
