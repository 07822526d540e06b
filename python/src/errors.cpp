// otherwise::Error as otherwise.Error and otherwise.Misuse (python/otherwise/errors.py), with the
// same sentence, its settings and items by their Python names.
#include "otherwise/base/error.h"

#include <nanobind/nanobind.h>

#include "python/src/module.h"
#include "python/src/words.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

void translate(const std::exception_ptr& thrown, void* /*payload*/) {
    try {
        std::rethrow_exception(thrown);
    } catch (const Error& error) {
        const char* name = error.fault() == Fault::misuse ? "Misuse" : "Error";
        PyErr_SetString(nb::module_::import_("otherwise.errors").attr(name).ptr(),
                        error.text(python_word).c_str());
    }
}

}  // namespace

void bind_errors() { nb::register_exception_translator(translate); }

}  // namespace otherwise::python
