// What is added to attention heads before their output projection (ITI). A GGUF of the form
// "otherwise.heads", version 1:
//
//   general.architecture     "otherwise.heads"
//   otherwise.heads.version  u32 1
//   otherwise.heads.count    u32 heads of a layer
//   otherwise.heads.width    u32 values of a head
//   blk.N.shift              ne = [width, count], f32; a head that is left alone has zeros
//   otherwise.fit.*          how it was fitted
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

struct HeadsFile {
    std::string path{};
    int n_head = 0;
    int head_width = 0;
    std::map<int, std::vector<float>> shifts{};  ///< layer from 0 -> [n_head * head_width]
    FileNotes notes{};

    [[nodiscard]] int width() const { return n_head * head_width; }
};

/// Throws Error: as GgufFile::open; a file of another kind or newer version; no layer; a count or
/// width that is no number from 1; a shift of another shape; NaN or infinity.
[[nodiscard]] HeadsFile load_heads(const std::filesystem::path& path);

/// Throws misuse for what could not be loaded again, Error when the disk does not take it; nothing
/// half-written.
void save_heads(const HeadsFile& heads, const std::filesystem::path& path);

}  // namespace otherwise
