// Which kernel reads the long blocks of a session's strings (blocks.h).
#include <algorithm>

#include "otherwise/generate/kept_contexts.h"
#include "otherwise/generate/session.h"
#include "otherwise/model/blocks.h"
#include "otherwise/model/probe.h"

namespace otherwise {

/// Rows of the longest head of a prompt that may go through the tiled kernel; 0 without one.
int Session::longest_head() const {
    const Shape shape{.tile_rows = kTileRows};
    int longest = 0;
    const auto add = [&](const std::vector<std::shared_ptr<const Tokens>>& prompts) {
        for (const auto& prompt : prompts) {
            longest = std::max(longest, tiled_head(static_cast<int>(prompt->size()), shape));
        }
    };
    add(prompts_);
    std::ranges::for_each(world_prompts_, add);
    return longest;
}

/// Not in runs that began without, and to be written along a text, its stream has to be cut back.
bool Session::texts_may_tile() const {
    const auto can_trim = [](const OpenedWorld& world) { return !world.model->recurrent(); };
    return options_.tiled_texts &&
           (options_.read_only || (can_trim(factual_) && std::ranges::all_of(worlds_, can_trim)));
}

/// Rows of the longest observed text that may; 0 without one.
int Session::longest_text() const {
    const Shape shape{.tile_rows = kTileRows};
    int longest = 0;
    for (const auto& subject : subjects_) {
        const int text = subject.observed ? static_cast<int>(subject.observed->size()) : 0;
        longest = std::max(longest, tiled_text(text, shape) ? text : 0);
    }
    return texts_may_tile() ? longest : 0;
}

/// Whether long blocks go through the tiled kernel, as far as is known.
bool Session::may_tile() const {
    return !options_.fast && !fixed_.any() && options_.tiled.value_or(!tiles_fail_);
}

/// Streams beyond those in use: companions, one for what long prompts share, and those that keep
/// how prompts begin.
int Session::spare_streams() const {
    const bool shares =
        may_tile() && subjects_.size() > 1 && !factual_.model->recurrent() && longest_head() > 0;
    const bool keeps = options_.contexts && !fixed_.any() && !factual_.model->recurrent();
    return least_rows_ - 1 + (shares ? 1 : 0) + (keeps ? kKeptStarts : 0);
}

/// The kernel of long blocks, where every network has it and it is invariant there.
void Session::probe_tiled() {
    if (fixed_.any()) {  // all rows go through one kernel
        use_tiles(false);
        return;
    }
    if (options_.tiled || longest_block() == 0) {
        use_tiles(options_.tiled.value_or(false));
        return;
    }
    use_tiles(true);
    bool good = tiles_world(factual_);
    for (const auto& world : worlds_) {
        good = good && (same_network(world.plan, factual_.plan) || tiles_world(world));
    }
    for (const auto& floor : floors_) {
        good = good && (floor.role == WorldRole::null || tiles_world(floor.world));
    }
    use_tiles(good);
    if (!good) {
        tiles_fail_ = true;
        plan();
    }
}

/// On a context of one shape, whatever the run's is: what is found depends on the network alone.
bool Session::tiles_world(const OpenedWorld& world) {
    constexpr int kHead = 320;  // past the first 256 cells
    constexpr int kCells = 512;
    constexpr int kRows = 256;
    const auto settings = probe_settings(world, "a head of " + std::to_string(kHead));
    auto kept = kept_probes_->find(settings);
    if (!kept) {
        const auto context =
            world.make_context(probe_streams(least_rows_, fixed_), kCells, kRows, least_rows_);
        kept = probe_tiles(*context, kHead);
        kept_probes_->keep(settings, *kept);
    }
    return kept->invariant;
}

/// Calls then have room for a block that cannot be cut.
void Session::use_tiles(bool tiled) {
    tiled_ = tiled;
    if (tiled) {
        estimate_.memory.max_rows = std::max(estimate_.memory.max_rows, 2 * kTileRows);
    }
    prepare_contexts();
}

}  // namespace otherwise
