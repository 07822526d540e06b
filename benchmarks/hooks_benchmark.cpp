// Time of the hooks on states beside the model's own, by internal timers: decoding 64 streams and
// teacher forcing 8 strings of 63 tokens, under each kind of edit. A model of the default one's
// width is wanted, and read from $OTHERWISE_MODEL:
//
//   export OTHERWISE_MODEL=~/.cache/otherwise/derived/SmolLM2-135M-Instruct.Q4_0.gguf
//   scripts/derive.sh Q4_0 && build/release/bench_hooks_benchmark
//
// `hooks` is the time in hooks over the rest of the time inside llama_decode; both are of the same
// calls, so that a machine whose speed drifts treats them alike. `times_alone` is all the time
// inside llama_decode over that of the same calls in a context without hooks, turn by turn: it also
// counts what llama.cpp loses when it stops at a node.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "otherwise/model/context.h"
#include "otherwise/world/edits.h"

namespace otherwise {
namespace {

constexpr int kStreams = 64;
constexpr int kDecoded = 16;  // calls of one row a stream
constexpr int kForcedStreams = 8;
constexpr int kForcedRows = 63;
constexpr int kLayer = 10;
constexpr int kRank = 8;

std::vector<float> numbers(std::size_t count, float deviation) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0.0F, deviation);
    std::vector<float> values(count);
    for (float& value : values) {
        value = normal(random);
    }
    return values;
}

struct Kind {
    const char* name;
    AffineForm form;
    bool ablate;
    bool every_layer;
};

constexpr Kind kKinds[] = {
    {.name = "steer, every layer",
     .form = AffineForm::identity,
     .ablate = false,
     .every_layer = true},
    {.name = "steer, one layer",
     .form = AffineForm::identity,
     .ablate = false,
     .every_layer = false},
    {.name = "ablate, every layer",
     .form = AffineForm::identity,
     .ablate = true,
     .every_layer = true},
    {.name = "diagonal, one layer",
     .form = AffineForm::diagonal,
     .ablate = false,
     .every_layer = false},
    {.name = "rank 8, one layer",
     .form = AffineForm::low_rank,
     .ablate = false,
     .every_layer = false},
    {.name = "full rank, one layer",
     .form = AffineForm::dense,
     .ablate = false,
     .every_layer = false},
};

/// A map that moves the states little, so that the model runs as ever.
AffineMap map_of(AffineForm form, std::size_t width) {
    AffineMap map{.bias = numbers(width, 1e-3F)};
    if (form == AffineForm::diagonal) {
        map.diagonal.assign(width, 0.999F);
    } else if (form == AffineForm::low_rank) {
        map.rank = kRank;
        map.down = numbers(kRank * width, 1e-2F);
        map.up = numbers(width * kRank, 1e-2F);
    } else if (form == AffineForm::dense) {
        map.dense = numbers(width * width, 1e-4F);
        for (std::size_t i = 0; i < width; ++i) {
            map.dense[i * width + i] += 1.0F;
        }
    }
    return map;
}

std::vector<Hook> hooks_for(const Kind& kind, const Model& model, int threads) {
    const auto width = static_cast<std::size_t>(model.n_embd());
    std::vector<NodeStep> steps;
    for (int layer = 0; layer < model.n_layer(); ++layer) {
        if (kind.every_layer || layer == kLayer) {
            steps.push_back(
                {.node = residual_node(layer),
                 .step = {.map = kind.ablate ? StateMap::ablation(numbers(width, 1.0F), 1e-2F)
                                             : StateMap::affine(map_of(kind.form, width), 1.0F)}});
        }
    }
    return hooks_of(steps, threads);
}

std::unique_ptr<Context> context_with(const std::shared_ptr<const Model>& model,
                                      std::vector<Hook> hooks, int threads) {
    ContextOptions options{.n_streams = kStreams, .stream_length = 256, .max_rows = 512};
    options.threads = threads;
    options.sites = std::move(hooks);
    return std::make_unique<Context>(model, std::move(options));
}

Call rectangle(int streams, int rows, int position) {
    Call call{.first_stream = 0, .n_streams = streams, .n_rows = rows};
    call.positions.assign(static_cast<std::size_t>(streams), position);
    for (int i = 0; i < call.size(); ++i) {
        call.tokens.push_back(1000 + (i * 7919 + position * 31) % 40000);
        call.wanted.push_back(1);
        call.written.push_back(1);
    }
    return call;
}

/// The calls of one turn: decoding row by row, or one teacher-forced rectangle.
void turn(Context& context, bool decode) {
    if (decode) {
        for (int i = 0; i < kDecoded; ++i) {
            context.decode(rectangle(kStreams, 1, i));
        }
    } else {
        context.decode(rectangle(kForcedStreams, kForcedRows, 0));
    }
    for (int stream = 0; stream < kStreams; ++stream) {
        context.trim(stream, 0);
    }
}

void run_hooks(benchmark::State& state) {
    const char* path = std::getenv("OTHERWISE_MODEL");
    if (path == nullptr) {
        state.SkipWithError("set OTHERWISE_MODEL to a GGUF file");
        return;
    }
    const Kind& kind = kKinds[state.range(0)];
    const bool decode = state.range(1) != 0;
    const auto threads = static_cast<int>(state.range(2));
    static const auto model = Model::load(path);
    const auto context = context_with(model, hooks_for(kind, *model, threads), threads);
    const auto alone = context_with(model, {}, threads);
    turn(*context, decode);
    turn(*alone, decode);
    const BackendTime before = time_spent({context.get()});
    const BackendTime alone_before = time_spent({alone.get()});
    for (auto _ : state) {
        turn(*context, decode);
        state.PauseTiming();
        turn(*alone, decode);
        state.ResumeTiming();
    }
    const BackendTime spent = time_spent({context.get()}) - before;
    const BackendTime spent_alone = time_spent({alone.get()}) - alone_before;
    state.counters["hooks"] = spent.hooks / spent.model();
    state.counters["times_alone"] = spent.all / spent_alone.all;
    state.SetLabel(std::string(kind.name) + (decode ? ", decode 64 streams" : ", teacher-forced"));
}

void every_kind(benchmark::internal::Benchmark* benchmark) {
    for (std::int64_t kind = 0; kind < static_cast<std::int64_t>(std::size(kKinds)); ++kind) {
        for (const std::int64_t decode : {1, 0}) {
            for (const std::int64_t threads : {1U, std::thread::hardware_concurrency()}) {
                benchmark->Args({kind, decode, threads});
            }
        }
    }
}
BENCHMARK(run_hooks)
    ->ArgNames({"kind", "decode", "threads"})
    ->Apply(every_kind)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace otherwise
