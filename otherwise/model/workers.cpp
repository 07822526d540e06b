#include "otherwise/model/workers.h"

#include <chrono>
#include <string>
#include <utility>

#include "ggml-backend.h"
#include "ggml.h"
#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/shared_governor.h"

namespace otherwise {
namespace {

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
    auto& governor = SharedGovernor::of_process();
    const int threads = governor.threads(most_);
    if (threads_ == threads) {
        return false;
    }
    decltype(pool_) pool(new_pool(threads));
    previous_ = std::exchange(pool_, std::move(pool));
    threads_ = threads;
    governor.restart(most_);
    return true;
}

double Workers::timed(const std::function<void()>& compute) const {
    const auto start = std::chrono::steady_clock::now();
    compute();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    SharedGovernor::of_process().took(most_, threads_, took.count());
    return took.count();
}

}  // namespace otherwise
