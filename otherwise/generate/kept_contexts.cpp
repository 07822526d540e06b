#include "otherwise/generate/kept_contexts.h"

#include <algorithm>
#include <utility>

#include "otherwise/base/file_stamp.h"
#include "otherwise/model/kept_prefixes.h"
#include "otherwise/world/opened.h"
#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

std::string context_key(const OpenedWorld& world, const ContextShape& shape) {
    std::string key = "context\n" + network_key(world.plan);
    for (const int part : {shape.streams, shape.stream_length, shape.max_rows, shape.least_rows,
                           world.prototype.threads, world.prototype.tiled ? 1 : 0,
                           world.model->options().repack ? 1 : 0}) {
        key += " " + std::to_string(part);
    }
    return key + " " + world.prototype.flash_attention;
}

/// With the model's, where it is loaded for this world alone.
std::size_t bytes_of(const OpenedWorld& world, const ContextShape& shape, const Model* factual) {
    ContextOptions options = world.prototype;
    options.n_streams = shape.streams;
    options.stream_length = shape.stream_length;
    options.max_rows = shape.max_rows;
    options.least_rows = shape.least_rows;
    return context_bytes(*world.model, options) +
           (world.model.get() == factual ? 0 : world.model->size_bytes());
}

}  // namespace

std::string network_key(const WorldPlan& plan) {
    World items{.name = "network", .interventions = {}};
    items.interventions.assign(plan.loras.begin(), plan.loras.end());
    for (const auto& edit : plan.edits) {
        std::visit([&](const auto& item) { items.interventions.emplace_back(item); }, edit);
    }
    std::string key = file_stamp(plan.model) + "\n" + plan.weights + "\n" +
                      (items.interventions.empty() ? "" : to_spec(items)) + "\n";
    for (const auto& file : network_files(plan)) {
        key += file_stamp(file) + "\n";
    }
    return key + plan.cache_keys + " " + plan.cache_values + " " + plan.flash_attention + "\n";
}

bool keeps_starts(const OpenedWorld& world) {
    return world.patches.empty() && !world.prototype.fixed.any() && !world.model->recurrent();
}

std::vector<std::shared_ptr<Evaluator>> KeptContexts::take(
    const std::vector<const OpenedWorld*>& worlds, const ContextShape& shape, std::size_t more) {
    std::vector<std::shared_ptr<KeptPrefixes>> taken;
    const Model* factual = worlds.front()->model.get();
    std::size_t needed = more;
    for (const auto* world : worlds) {
        auto kept = values_->find_idle<KeptPrefixes>(context_key(*world, shape));
        if (kept && !kept->sound()) {
            values_->drop(kept);
            kept = nullptr;
        }
        needed += kept ? 0 : bytes_of(*world, shape, factual);
        taken.push_back(std::move(kept));
    }
    (void)values_->make_room(needed);
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        if (taken[w]) {
            taken[w]->clear();
            continue;
        }
        taken[w] = std::make_shared<KeptPrefixes>(
            worlds[w]->make_context(shape.streams, shape.stream_length, shape.max_rows,
                                    shape.least_rows),
            kKeptStarts);
        (void)values_->put(context_key(*worlds[w], shape), taken[w],
                           bytes_of(*worlds[w], shape, factual));
    }
    forget_most(taken);
    return {taken.begin(), taken.end()};
}

/// Of those that nobody uses the last ones stay.
void KeptContexts::forget_most(const std::vector<std::shared_ptr<KeptPrefixes>>& used) {
    std::erase_if(made_, [&](const auto& one) {
        const auto context = one.lock();
        return !context || std::ranges::find(used, context) != used.end();
    });
    const auto idle =
        std::ranges::count_if(made_, [](const auto& one) { return one.use_count() == 1; });
    auto too_many = idle - static_cast<std::ptrdiff_t>(most_idle_);
    for (const auto& one : made_) {
        if (too_many > 0 && one.use_count() == 1) {
            values_->drop(one.lock());
            --too_many;
        }
    }
    made_.insert(made_.end(), used.begin(), used.end());
    in_use_ = used.size();
    spared_before_ = spared_by_used();
}

long KeptContexts::spared_by_used() const {
    long rows = 0;
    for (auto one = made_.end() - static_cast<std::ptrdiff_t>(in_use_); one != made_.end(); ++one) {
        const auto context = one->lock();
        rows += context ? context->spared() : 0;
    }
    return rows;
}

long KeptContexts::spared() const { return spared_by_used() - spared_before_; }

}  // namespace otherwise
