// What live studies keep for the next question: those that share it evaluate one after another.
#pragma once

#include <cstddef>
#include <memory>

#include "otherwise/api/open.h"
#include "otherwise/base/kept_values.h"
#include "otherwise/generate/kept_contexts.h"

namespace otherwise {

/// Strings and laws that were evaluated, and contexts with the starts of prompts: all of them
/// together take so many bytes, and what was longest unused goes first. A context counts with the
/// model that is loaded for it alone.
struct LiveKept {
    explicit LiveKept(std::size_t most)
        : values(std::make_shared<KeptValues>(most)),
          contexts(std::make_shared<KeptContexts>(values)) {}

    std::shared_ptr<KeptValues> values;
    std::shared_ptr<KeptContexts> contexts;
    std::unique_ptr<OpenedStudy> last{};  ///< without contexts: its models stay loaded
};

}  // namespace otherwise
