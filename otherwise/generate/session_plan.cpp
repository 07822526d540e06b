// The plan of a session: prompts, lengths and counts of its strings, then streams and rows from
// them (run_counts.h, memory.h).
#include <algorithm>
#include <set>

#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/generate/run_memory.h"
#include "otherwise/generate/session.h"
#include "otherwise/model/system.h"

namespace otherwise {

/// Tokens of the longest prompt and the extra text after it.
int Session::length_with_extra(int context) const {
    if (options_.extra_tokens == 0) {
        return 0;
    }
    std::size_t longest = 0;
    for (const auto& prompt : prompts_) {
        longest = std::max(longest, prompt->size());
    }
    for (const auto& prompts : world_prompts_) {
        for (const auto& prompt : prompts) {
            longest = std::max(longest, prompt->size());
        }
    }
    const long length = static_cast<long>(longest) + options_.extra_tokens;
    if (length > context) {
        fail({.where = "Session",
              .expected = "prompts and the text after them within the context of " +
                          std::to_string(context) + " tokens",
              .came = std::to_string(length),
              .advice = "a shorter text, or a larger " + setting("context")});
    }
    return static_cast<int>(length);
}

/// The prompts of all worlds; returns the tokens of the longest string after its prompt.
int Session::read_prompts(int context) {
    prompts_ = prompts_in(subjects_, *factual_.model, factual_.plan.prompt);
    check_lengths(subjects_, prompts_, options_.tokens, context, "factual");
    int length = longest(subjects_, prompts_, options_.tokens);
    world_prompts_.clear();
    for (const auto& world : worlds_) {
        const bool same =
            world.model == factual_.model && world.plan.prompt == factual_.plan.prompt;
        world_prompts_.push_back(
            same ? prompts_ : prompts_in(subjects_, *world.model, world.plan.prompt, prompts_));
        check_lengths(subjects_, world_prompts_.back(), options_.tokens, context, world.plan.name);
        length = std::max(length, longest(subjects_, world_prompts_.back(), options_.tokens));
    }
    return std::max(length, length_with_extra(context));
}

/// The sizes of strings and worlds, once all are known.
RunSizes Session::run_sizes() const {
    RunSizes sizes{.strings = {},
                   .worlds = {},
                   .donor_rows = 0,
                   .samples = options_.samples,
                   .n_vocab = factual_.model->n_vocab(),
                   .independent = options_.independent,
                   .read_only = options_.read_only};
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
        const auto& observed = subjects_[i].observed;
        sizes.strings.push_back(
            {.prompt = static_cast<int>(prompts_[i]->size()),
             .written = observed ? static_cast<int>(observed->size()) : options_.tokens,
             .observed = observed.has_value()});
    }
    for (std::size_t w = 0; w < world_count(); ++w) {
        WorldSizes world{
            .role = role(w), .shares = shares_[w], .prompts = {}, .strings = strings_of(w)};
        for (const auto& prompt : world_prompts_[w]) {
            world.prompts.push_back(static_cast<int>(prompt->size()));
        }
        sizes.worlds.push_back(std::move(world));
    }
    for (const auto& donors : donors_) {
        for (const auto& donor : donors) {
            sizes.donor_rows += std::ssize(*donor);
        }
    }
    return sizes;
}

/// Bytes of all model files.
std::size_t Session::model_bytes() const {
    std::set<const Model*> models{factual_.model.get()};
    for (const auto& world : worlds_) {
        models.insert(world.model.get());
    }
    std::size_t bytes = 0;
    for (const auto* model : models) {
        bytes += model->size_bytes();
    }
    return bytes;
}

void Session::plan() {
    const int context =
        std::min(options_.context > 0 ? options_.context : factual_.model->n_ctx_train(),
                 factual_.model->max_positions());
    estimate_ = {};
    int length = read_prompts(context);
    choose_strings();
    world_prompts_.resize(world_count(), prompts_);
    find_sharing();
    length = std::max(length, plan_donors(context));
    static_cast<RunCounts&>(estimate_) = count_run(run_sizes());
    estimate_.stream_length = stream_length_for(length);
    estimate_.model_bytes = model_bytes();
    const std::size_t free = free_memory();
    const bool gpu = on_gpu(options_.open.model.gpu_layers);
    require_pair_memory(estimate_, world_count(), 0, free);
    estimate_.budget = options_.memory;
    if (estimate_.budget == 0) {
        const auto left = free - std::min(free, pair_bytes(estimate_, world_count()));
        const auto room = gpu ? std::min(free, free_gpu_memory().value_or(free)) : free;
        estimate_.budget = std::min(room / 2, left);
    }
    plan_streams();
    const auto contexts = gpu ? 0 : estimate_.memory.contexts + estimate_.stored_laws;
    require_pair_memory(estimate_, world_count(), contexts, free);
}

/// Streams and rows, for what is counted; they leave stored laws no more than the memory.
void Session::plan_streams() {
    estimate_.memory = plan_memory(sizes_of(*factual_.model, factual_.prototype),
                                   {.budget = room_for_contexts(),
                                    .worlds = own_contexts() + 1,
                                    .companions = spare_streams(),
                                    .stream_length = estimate_.stream_length,
                                    .samples = estimate_.strings * options_.samples,
                                    .wanted_parallel = options_.parallel,
                                    .wanted_rows = options_.max_rows,
                                    .least_rows = least_rows_,
                                    .law_bytes = estimate_.longest_law,
                                    .block = may_tile() ? longest_block() : 0,
                                    .costs = costs_});
    estimate_.stored_laws = std::min(estimate_.stored_laws, estimate_.memory.laws);
}

}  // namespace otherwise
