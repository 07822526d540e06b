// The one hook into llama.cpp's graph: reads and rewrites the rows of named nodes as they are made.
//
// Node names are llama.cpp's: "l_out-12" is the residual after block 12, "attn_norm-N",
// "ffn_norm-N", "kqv_out-N", "ffn_out-N". In the last block only the rows whose logits are wanted
// remain. Edits of one node run in the order they were added. States in host memory are edited in
// place; others are copied out, and back where an edit writes. An exception inside an edit is kept
// and rethrown after the call, since none may cross the C callback.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "otherwise/model/evaluator.h"

struct ggml_tensor;

namespace otherwise {

/// Whose prompt or text a row is in, and where; string −1 where nobody said.
struct RowName {
    int string = -1;
    int position = 0;  ///< from the start of the prompt
};

/// The states at one node in one call, row by row.
struct SiteRows {
    std::span<float> values;  ///< [n_rows * width], rewritten in place
    int width = 0;
    std::span<const std::uint8_t> written;  ///< [n_rows] 1 for rows in scope `written`
    std::span<const RowName> names{};       ///< [n_rows]
};

using SiteEdit = std::function<void(SiteRows)>;

/// A node's name and what is done there.
struct Hook {
    std::string node;
    SiteEdit edit;
    bool reads_only = false;  ///< leaves the values as they are, so that nothing is written back
};

class Tap {
public:
    explicit Tap(std::vector<Hook> sites);

    [[nodiscard]] bool empty() const { return sites_.empty(); }
    /// To be called before each llama_decode; `strings` [streams of the evaluator] are whose they
    /// are.
    void begin(const Call& call, std::span<const int> strings);
    /// To be called after it: rethrows what an edit threw.
    void finish();
    /// Seconds spent in edits and in moving states for them, so far.
    [[nodiscard]] double seconds() const { return seconds_; }
    /// Nodes that no graph has had so far.
    [[nodiscard]] std::vector<std::string> silent() const;

    /// ggml_backend_sched_eval_callback; user_data is the Tap.
    static bool on_node(ggml_tensor* node, bool ask, void* user_data);

private:
    struct Place {
        std::vector<SiteEdit> edits;
        bool writes = false;
        bool fired = false;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const {
            return std::hash<std::string_view>{}(name);
        }
    };
    void apply(ggml_tensor* node, Place& place);

    std::unordered_map<std::string, Place, Hash, std::equal_to<>> sites_;
    std::vector<std::uint8_t> all_rows_;     // `written` flags of every row of the call
    std::vector<std::uint8_t> wanted_rows_;  // of the rows with logits
    std::vector<RowName> all_names_;
    std::vector<RowName> wanted_names_;
    std::vector<float> values_;  // of a node that lies in another memory
    double seconds_ = 0.0;
    std::exception_ptr error_;
};

}  // namespace otherwise
