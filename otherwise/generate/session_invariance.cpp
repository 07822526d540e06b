// The probes of a session's networks and the remedy under which all of them are batch invariant
// (model/invariance.h).
#include <algorithm>

#include "otherwise/base/error.h"
#include "otherwise/base/joined.h"
#include "otherwise/base/marks.h"
#include "otherwise/generate/session.h"
#include "otherwise/model/system.h"

namespace otherwise {
namespace {

constexpr int kProbeRows = 128;

}  // namespace

/// The result of a probe, which also checks that the world's hooks are in the graph.
Probe Session::run_probe(const OpenedWorld& world) const {
    const auto context = world.make_context(probe_streams(least_rows_, fixed_),
                                            estimate_.stream_length, kProbeRows, least_rows_);
    Probe result;
    if (options_.fast) {
        Call call{.first_stream = 0, .n_streams = 1, .n_rows = 1};
        call.tokens = {0};
        call.positions = {0};
        call.wanted = {1};
        call.written = {1};
        context->decode(call);
    } else {
        result = probe_invariance(*context);
    }
    const auto silent = context->silent_sites();
    if (!silent.empty()) {
        fail({.where = "Session",
              .expected = "world '" + world.plan.name + "' to act at " + joined(silent),
              .came = "a graph of " + world.model->architecture() + " without it",
              .advice = "see the sites that " + our_command("inspect") + " lists"});
    }
    return result;
}

/// True when the world evaluates every shape alike.
bool Session::probe_world(const OpenedWorld& world) {
    const auto settings = options_.fast
                              ? ""
                              : probe_settings(world, "calls in streams of " +
                                                          std::to_string(estimate_.stream_length));
    auto kept = settings.empty() ? std::nullopt : kept_probes_->find(settings);
    if (!kept) {
        kept = run_probe(world);
        if (!options_.fast) {
            kept_probes_->keep(settings, *kept);
        }
    }
    probes_.push_back({.world = world.plan.name, .probe = *kept});
    return kept->invariant;
}

bool Session::probe_all() {
    probes_.clear();
    bool good = probe_world(factual_);
    for (const auto& world : worlds_) {
        good = (same_network(world.plan, factual_.plan) || probe_world(world)) && good;
    }
    for (const auto& floor : floors_) {
        good = (floor.role == WorldRole::null || probe_world(floor.world)) && good;
    }
    return good;
}

/// Opens the worlds anew where weights are to be repacked, or no longer.
void Session::use_remedy(const Remedy& remedy) {
    if (options_.open.model.repack == remedy.repack && least_rows_ == remedy.least_rows &&
        fixed_ == remedy.fixed) {
        return;
    }
    least_rows_ = remedy.least_rows;
    fixed_ = remedy.fixed;
    prepare_contexts();
    if (options_.open.model.repack != remedy.repack) {
        options_.open.model.repack = remedy.repack;
        open(factual_plan_, plans_);
    }
    plan();
}

/// Whether the windows of a fixed shape fit the memory.
bool Session::has_room(const Remedy& remedy) const {
    ContextOptions options = factual_.prototype;
    options.fixed = remedy.fixed;
    options.stream_length = estimate_.stream_length;
    options.max_rows = estimate_.memory.max_rows;
    const auto contexts = static_cast<std::size_t>(own_contexts()) + 1;
    return !remedy.fixed.any() ||
           contexts * context_bytes(*factual_.model, options) <= room_for_contexts();
}

/// True where every network that the run has was probed before.
bool Session::knows_all() const {
    const auto known = [&](const OpenedWorld& world) {
        return std::ranges::any_of(options_.known->probes, [&](const WorldProbe& probe) {
            return probe.world == world.plan.name;
        });
    };
    return options_.known && !options_.fast && known(factual_) &&
           std::ranges::all_of(worlds_,
                               [&](const OpenedWorld& world) {
                                   return same_network(world.plan, factual_.plan) || known(world);
                               }) &&
           std::ranges::all_of(floors_, [&](const Floor& floor) {
               return floor.role == WorldRole::null || known(floor.world);
           });
}

void Session::probe() {
    if (options_.fast) {
        use_remedy({.repack = may_repack_, .least_rows = 1});
        (void)probe_all();
        return;
    }
    if (knows_all()) {
        probes_ = options_.known->probes;
    } else {
        options_.known.reset();
        const auto flash = [](const OpenedWorld& world) {
            return uses_flash_attention(world.plan.flash_attention);
        };
        const RemedyTerms terms{
            .may_repack = may_repack_,
            .on_gpu = on_gpu(options_.open.model.gpu_layers),
            .can_trim = !factual_.model->recurrent(),
            .flash_attention = flash(factual_) && std::ranges::all_of(worlds_, flash)};
        (void)find_remedy(terms, [&](const Remedy& remedy) {
            if (!has_room(remedy)) {
                return false;
            }
            use_remedy(remedy);
            return probe_all();
        });
    }
    probe_tiled();
    note_probes();
    for (const auto& [world, result] : probes_) {
        const auto line =
            invariance_warning("world '" + world + "'", result,
                               "small effects may be noise: compare with the null world's floor");
        if (!line.empty()) {
            note_(line);
        }
    }
}

}  // namespace otherwise
