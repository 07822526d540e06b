// Affine maps of the states at one kind of node, one a layer: MiMiC, LEACE, shifts. A GGUF of the
// form "otherwise.affine", version 1:
//
//   general.architecture      "otherwise.affine"
//   otherwise.affine.version  u32 1
//   otherwise.affine.node     "l_out", "ffn_out", … as llama.cpp names the node
//   blk.N.bias                ne = [width]           b of layer N
//   blk.N.diagonal            ne = [width]           W = diag(.)
//   blk.N.down, blk.N.up      ne = [width, rank], [rank, width]   W = I + up · down
//   blk.N.weight              ne = [width, width]    W, row = output
//   otherwise.fit.*           how it was fitted
//
// A layer has a bias and at most one of the three forms of W; without any W is the identity.
// Tensors are f32.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

enum class AffineForm { identity, diagonal, low_rank, dense };

/// One layer's map x -> W x + b.
struct AffineMap {
    std::vector<float> bias{};      ///< [width]
    std::vector<float> diagonal{};  ///< [width] or empty
    int rank = 0;
    std::vector<float> down{};   ///< [rank * width], one row a rank: W = I + up · down
    std::vector<float> up{};     ///< [width * rank], one row an output
    std::vector<float> dense{};  ///< [width * width], one row an output, or empty

    [[nodiscard]] AffineForm form() const {
        if (!dense.empty()) {
            return AffineForm::dense;
        }
        if (rank > 0) {
            return AffineForm::low_rank;
        }
        return diagonal.empty() ? AffineForm::identity : AffineForm::diagonal;
    }
    bool operator==(const AffineMap&) const = default;
};

struct AffineFile {
    std::string path{};
    std::string node{};  ///< "l_out"
    int width = 0;
    std::map<int, AffineMap> maps{};  ///< by layer, from 0
    FileNotes notes{};
};

/// Throws Error: as GgufFile::open; a file of another kind or newer version; no layer; a layer
/// without a bias, with two forms of W or half of one; unequal widths; a rank above the width; NaN
/// or infinity; a tensor that the form does not have.
[[nodiscard]] AffineFile load_affine(const std::filesystem::path& path);

/// Throws misuse for what could not be loaded again, Error when the disk does not take it; nothing
/// half-written.
void save_affine(const AffineFile& affine, const std::filesystem::path& path);

/// "identity", "diagonal", "low rank", "dense"
[[nodiscard]] std::string_view form_name(AffineForm form);

}  // namespace otherwise
