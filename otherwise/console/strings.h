// What `run` shows people: each string as it was and as each world would have written it, then one
// table of all worlds. Pure functions of their inputs; what a model wrote is made harmless first.
//
//   ▌ 3  The Louvre is located in
//     factual  the city of Paris, and it was founded in 1793.∎
//     q2_k     the city of│ London, England. …
//     hot      unchanged
//
// │ is where the strings divide (with colour what is shared is dim, what follows coloured), ∎ an
// end of the model's own, … the limit. Shared text longer than two lines is cut at its start.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/console/style.h"
#include "otherwise/generate/record.h"
#include "otherwise/measure/summary.h"

namespace otherwise::console {

/// Bytes of written tokens, as Model::text gives them.
using TextOf = std::function<std::string(std::span<const Token>)>;

/// A text as it is shown: without the end-of-generation token, with its mark.
struct ShownText {
    std::string text;
    bool ended = false;  ///< by itself, else by the limit
};

/// One world's version of a string.
struct WorldView {
    std::string world;
    ShownText written;
    std::size_t shared_bytes = 0;  ///< of the text, in common with the factual one
    bool unchanged = false;
    bool fragile = false;
};

/// A string and all its versions.
struct PairView {
    std::string id;
    int sample = 0;
    std::string prompt;
    ShownText factual;
    std::vector<WorldView> worlds;
};

[[nodiscard]] ShownText shown_text(const Written& written, const TextOf& text);
[[nodiscard]] WorldView world_view(const Pair& pair, std::string world, const TextOf& text);

/// The block above, with an empty line after it.
[[nodiscard]] std::string render_pair(const PairView& view, const Style& style);

/// What the marks mean, one line.
[[nodiscard]] std::string render_legend(const Style& style);

/// One world's line in the table.
struct TableRow {
    std::string world;
    Summary summary;
    WorldRole role = WorldRole::change;  ///< floors are shown last; changes in null raise an alarm
    std::optional<double> over_nudge{};  ///< share of strings changed, more than the nudge's
};

/// The order of a table: worlds, nudges, the null world.
[[nodiscard]] int rank_of(WorldRole role);
/// "null (floor)"; other worlds' names as they are.
[[nodiscard]] std::string floor_name(std::string_view world, WorldRole role);

[[nodiscard]] std::string render_table(std::span<const TableRow> rows, const Style& style);

}  // namespace otherwise::console
