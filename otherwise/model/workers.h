// The threads on which llama.cpp evaluates a context or a graph: a pool of its own, with as many
// threads as pay beside other work (shared_governor.h), the calling one included. Between calls
// they sleep. The number of threads changes no bits of the results within the shapes that the
// engine keeps.
#pragma once

#include <functional>
#include <memory>

struct ggml_backend;
struct ggml_threadpool;
struct llama_context;

namespace otherwise {

/// For one context or one backend, which has to be gone before, and like these for one thread at a
/// time. Throws Error where llama.cpp's CPU backend has no pools.
class Workers {
public:
    /// At most so many threads.
    explicit Workers(int most) : most_(most) {}
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    Workers(Workers&&) = delete;
    Workers& operator=(Workers&&) = delete;

    /// Calls `compute`, in which the context or the CPU backend evaluates. Returns its seconds.
    double run(llama_context& context, const std::function<void()>& compute);
    double run(ggml_backend& backend, const std::function<void()>& compute);

    /// From the next run on at most so many threads.
    void limit(int most) { most_ = most; }

private:
    struct Deleter {
        void operator()(ggml_threadpool* pool) const;
    };

    [[nodiscard]] bool renew();
    double timed(const std::function<void()>& compute) const;

    int most_;
    int threads_ = 0;  // of the pool; 0: none yet
    // A backend pauses the pool that it had when it is given another: both live until the next one.
    std::unique_ptr<ggml_threadpool, Deleter> previous_;
    std::unique_ptr<ggml_threadpool, Deleter> pool_;
};

}  // namespace otherwise
