// Files of interventions as Python has them: tuples of arrays by layer, and of what else they say.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/fit/states/site.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/affine_file.h"
#include "otherwise/model/heads_file.h"
#include "python/src/settings.h"

namespace otherwise::python {

using FloatsIn =
    nanobind::ndarray<const float, nanobind::c_contig, nanobind::device::cpu, nanobind::ro>;
using Notes = FileNotes;

/// A numpy array that owns a copy of the values.
[[nodiscard]] nanobind::object array_of(const std::vector<float>& values,
                                        const std::vector<std::size_t>& shape);

/// ({layer: [width]}, model_hint, [(key, value)])
[[nodiscard]] Values values_of(const ControlVector& vector);
/// ({layer: {"bias": [width], "weight": [width, width], …}}, node, notes)
[[nodiscard]] Values values_of(const AffineFile& file);
/// ({layer: [n_head, head_width]}, notes)
[[nodiscard]] Values values_of(const HeadsFile& file);

}  // namespace otherwise::python
