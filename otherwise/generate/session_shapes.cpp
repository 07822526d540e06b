// Streams and rows of a session, from a short measurement of what calls cost (call_costs.h).
#include <algorithm>
#include <chrono>
#include <limits>

#include "otherwise/base/version.h"
#include "otherwise/generate/cost_store.h"
#include "otherwise/generate/session.h"
#include "otherwise/model/system.h"

namespace otherwise {
namespace {

constexpr int kCostCells = 256;         // of each stream while costs are measured
constexpr long kLeastRunRows = 10'000;  // of a run that it can pay for
constexpr long kBytesPerRow = 100'000;  // of the model's file, which is hashed: 2 s a GB at most

std::string two_places(double value) {
    const std::string text = std::to_string(value);
    return text.substr(0, text.find('.') + 3);
}

}  // namespace

/// Not where the caller has chosen, nothing is written, the run is too short to pay for it, or the
/// bits depend on the shape.
bool Session::may_measure() const {
    const bool invariant =
        std::ranges::all_of(probes_, [](const WorldProbe& probe) { return probe.probe.invariant; });
    return !options_.costs.empty() && options_.parallel == 0 && options_.max_rows == 0 &&
           !options_.fast && !options_.read_only && invariant &&
           (options_.all_costs ||
            (estimate_.rows >= kLeastRunRows &&
             factual_.model->size_bytes() <=
                 static_cast<std::uint64_t>(estimate_.rows) * kBytesPerRow)) &&
           context_bytes(*factual_.model, cost_options()) <= estimate_.budget;
}

/// The context on which costs are measured.
ContextOptions Session::cost_options() const {
    ContextOptions options = factual_.prototype;
    options.n_streams = kCostStreams + least_rows_ - 1;
    options.stream_length = kCostCells;
    options.max_rows = most_rows(factual_.model->n_vocab());
    return options;
}

KeptKey Session::cost_key() const {
    const WorldPlan& plan = factual_.plan;
    std::string settings;
    const auto add = [&](const std::string& key, const std::string& value) {
        add_setting(settings, key, value);
    };
    add("model", factual_.model->hash());
    add("features", processor_features());
    add("devices", backend_devices(true));
    add("gpu layers", std::to_string(options_.open.model.gpu_layers));
    add("threads", std::to_string(options_.open.threads));
    add("repacked", repacked() ? "yes" : "no");
    add("weights", factual_.model->quantization());
    add("cache", plan.cache_keys + ", " + plan.cache_values);
    add("flash attention", plan.flash_attention);
    add("least rows", std::to_string(least_rows_));
    add("calls", to_text(fixed_));
    add("stream length", std::to_string(estimate_.stream_length));
    return {.settings = settings,
            .build = "otherwise " OTHERWISE_VERSION ", llama.cpp of " OTHERWISE_LLAMA_VERSION};
}

/// Measures what is not kept yet and keeps it. Returns where the costs are from, for people.
std::string Session::measure_shapes() {
    const auto start = std::chrono::steady_clock::now();
    const CostStore store(options_.costs, cost_key());
    const KeptCosts kept = store.read();
    if (!kept.other_build.empty()) {
        note_("what calls cost was measured by another build (" + kept.other_build +
              "): measured again");
    }
    costs_ = kept.costs;
    const bool had_any = !costs_.points().empty();
    const ContextOptions options = cost_options();
    if (complete(costs_, {.n_streams = options.n_streams,
                          .stream_length = options.stream_length,
                          .max_rows = options.max_rows,
                          .min_rows = least_rows_})) {
        return "measured before";
    }
    const auto context = factual_.make_context(options.n_streams, options.stream_length,
                                               options.max_rows, least_rows_);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    const auto measured = measure_costs(
        *context, options_.all_costs ? std::numeric_limits<long>::max() : estimate_.rows,
        spent.count(), costs_);
    const bool written = store.write(costs_);
    return (had_any ? "measured before and in " : "measured in ") + two_places(measured.seconds) +
           " s" + (written ? "" : ", could not be kept in '" + options_.costs.string() + "'");
}

void Session::choose_shapes() {
    if (!may_measure()) {
        estimate_.shape_reason = options_.parallel > 0 ? "as asked for" : "from the memory";
        return;
    }
    const int before = estimate_.memory.parallel;
    const std::string source = measure_shapes();
    plan();
    use_tiles(tiled_);
    const int streams = estimate_.memory.parallel;
    if (std::max(streams, before) > costs_.longest()) {
        estimate_.shape_reason = "from the memory; " + source;
        return;
    }
    const double times = costs_.of(before) / before / (costs_.of(streams) / streams);
    estimate_.shape_reason =
        (streams == before
             ? "no other number is faster"
             : two_places(times) + " times the rows a second of " + std::to_string(before)) +
        "; " + source;
}

}  // namespace otherwise
