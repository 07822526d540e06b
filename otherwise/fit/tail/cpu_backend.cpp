#include "otherwise/fit/tail/cpu_backend.h"

#include "ggml-backend.h"
#include "otherwise/base/error.h"
#include "otherwise/model/backends.h"

namespace otherwise {

void CpuBackendDeleter::operator()(ggml_backend* backend) const { ggml_backend_free(backend); }

CpuBackend cpu_backend(int threads) {
    start_backend();
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    CpuBackend backend(ggml_backend_dev_init(device, nullptr));
    const auto set_threads =
        reinterpret_cast<ggml_backend_set_n_threads_t>(ggml_backend_reg_get_proc_address(
            ggml_backend_dev_backend_reg(device), "ggml_backend_set_n_threads"));
    if (!backend || set_threads == nullptr) {
        fail({.where = "cpu_backend", .expected = "ggml's CPU backend", .came = "none"});
    }
    set_threads(backend.get(), threads);
    return backend;
}

}  // namespace otherwise
