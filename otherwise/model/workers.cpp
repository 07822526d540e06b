#include "otherwise/model/workers.h"

#include <chrono>
#include <string>
#include <utility>

#include "ggml-backend.h"
#include "ggml.h"
#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/waiting.h"

namespace otherwise {
namespace {

/// Seconds of runs between two looks at the waits: several of Linux's time slices of 3 ms.
constexpr double kWindow = 0.05;

/// A function of the CPU backend, which in a portable build is a module.
template <typename Function>
Function cpu_function(const char* name) {
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    void* address = device == nullptr ? nullptr
                                      : ggml_backend_reg_get_proc_address(
                                            ggml_backend_dev_backend_reg(device), name);
    if (address == nullptr) {
        fail({.where = "Workers",
              .expected = "llama.cpp's CPU backend with " + std::string(name),
              .came = "none"});
    }
    return reinterpret_cast<Function>(address);
}

ggml_threadpool* new_pool(int threads) {
    using New = ggml_threadpool* (*)(ggml_threadpool_params*);
    auto params = ggml_threadpool_params_default(threads);
    params.poll = 0;  // sleep between graphs: the loops of our own run there
    return cpu_function<New>("ggml_threadpool_new")(&params);
}

}  // namespace

void Workers::Deleter::operator()(ggml_threadpool* pool) const {
    cpu_function<void (*)(ggml_threadpool*)>("ggml_threadpool_free")(pool);
}

Workers::Workers(int most) : governor_(most) {}
Workers::~Workers() = default;

double Workers::run(llama_context& context, const std::function<void()>& compute) {
    if (renew()) {
        llama_attach_threadpool(&context, pool_.get(), pool_.get());
        llama_set_n_threads(&context, threads_, threads_);
    }
    return timed(compute);
}

double Workers::run(ggml_backend& backend, const std::function<void()>& compute) {
    if (renew()) {
        using SetPool = void (*)(ggml_backend_t, ggml_threadpool_t);
        cpu_function<SetPool>("ggml_backend_cpu_set_threadpool")(&backend, pool_.get());
        cpu_function<ggml_backend_set_n_threads_t>("ggml_backend_set_n_threads")(&backend,
                                                                                 threads_);
    }
    return timed(compute);
}

/// True where the pool is another one than before.
bool Workers::renew() {
    if (threads_ == governor_.threads()) {
        return false;
    }
    threads_ = governor_.threads();
    decltype(pool_) pool(new_pool(threads_));
    previous_ = std::exchange(pool_, std::move(pool));
    seconds_ = 0.0;
    waited_ = seconds_waited();
    return true;
}

double Workers::timed(const std::function<void()>& compute) {
    const auto start = std::chrono::steady_clock::now();
    compute();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    look(took.count());
    return took.count();
}

void Workers::look(double seconds) {
    seconds_ += seconds;
    if (seconds_ < kWindow || !waited_) {
        return;
    }
    const auto waited = seconds_waited();
    governor_.observe(seconds_, waited.value_or(*waited_) - *waited_);
    seconds_ = 0.0;
    waited_ = waited;
}

}  // namespace otherwise
