// Patches of a session's worlds: their donors planned with the strings, and read before the
// contexts are made, one context at a time.
#include <algorithm>

#include "otherwise/base/error.h"
#include "otherwise/base/megabytes.h"
#include "otherwise/generate/session.h"

namespace otherwise {

/// Plans a world's patches; its donors have to fit the context with the row that is read after.
DonorPrompts Session::plan_donors_of(OpenedWorld& world,
                                     const std::vector<std::shared_ptr<const Tokens>>& prompts,
                                     int context) {
    auto donors = plan_patches(world, subjects_, prompts);
    for (const auto& donor : donors) {
        if (std::ssize(*donor) + 1 > context) {
            fail({.where = "Session",
                  .expected =
                      "donors of at most " + std::to_string(context - 1) + " tokens (the context)",
                  .came = std::to_string(donor->size()) + " in world '" + world.plan.name + "'",
                  .advice = "shorten it or raise " + setting("context")});
        }
    }
    return donors;
}

/// The very prompts that the strings have in the session's worlds of this form.
std::vector<std::shared_ptr<const Tokens>> Session::prompts_of(const OpenedWorld& world) const {
    const auto alike = [&](const OpenedWorld& known) {
        return known.model == world.model && known.plan.prompt == world.plan.prompt;
    };
    const auto found = std::ranges::find_if(worlds_, alike);
    if (found != worlds_.end()) {
        return world_prompts_[static_cast<std::size_t>(found - worlds_.begin())];
    }
    return alike(factual_) ? prompts_
                           : prompts_in(subjects_, *world.model, world.plan.prompt, prompts_);
}

/// Plans those of all worlds; returns the cells that the longest donor needs.
int Session::plan_donors(int context) {
    donors_.assign(world_count() + 1, {});
    estimate_.donor_states = 0;
    int length = 0;
    const auto plan = [&](std::size_t i, OpenedWorld& world, const auto& prompts) {
        if (world.patches.empty()) {
            return;
        }
        donors_[i] = plan_donors_of(world, prompts, context);
        estimate_.donor_states += patch_bytes(world);
        for (const auto& donor : donors_[i]) {
            length = std::max(length, static_cast<int>(donor->size()) + 1);
        }
    };
    plan(0, factual_, prompts_);
    for (std::size_t w = 0; w < world_count(); ++w) {
        if (!shares_[w]) {
            OpenedWorld& world =
                w < worlds_.size() ? worlds_[w] : floors_[w - worlds_.size()].world;
            plan(w + 1, world, world_prompts_[w]);
        }
    }
    return length;
}

/// What donors' states leave of the memory.
std::size_t Session::room_for_contexts() const {
    if (estimate_.donor_states >= estimate_.budget) {
        fail({.where = "Session",
              .expected = "more than " + needed_megabytes(estimate_.donor_states) + " of " +
                          setting("memory") + ", for the donors' states",
              .came = given_megabytes(estimate_.budget),
              .advice = "raise it, or patch fewer rows, layers or strings at a time"});
    }
    return estimate_.budget - estimate_.donor_states;
}

void Session::capture_donors() {
    capture_donors_of(factual_, donors_[0]);
    for (std::size_t w = 0; w < world_count(); ++w) {
        capture_donors_of(world_at(w), donors_[w + 1]);
    }
}

/// Reads the donors in a context of their own, which is shaped as the run's are.
void Session::capture_donors_of(const OpenedWorld& world, const DonorPrompts& donors) const {
    if (donors.empty()) {
        return;
    }
    const int parallel = std::min(estimate_.memory.parallel, static_cast<int>(donors.size()));
    const auto context = world.make_capture(
        donors, parallel + spare_streams(), estimate_.stream_length,
        std::max(estimate_.memory.max_rows, parallel + least_rows_), least_rows_);
    capture_states(world, donors, *context, parallel);
}

}  // namespace otherwise
