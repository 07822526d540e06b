// Contexts that outlive the session that made them, with the starts of the prompts that they read
// (model/kept_prefixes.h): the next session with the same network takes them over.
//
// They are kept among other values (base/kept_values.h), each by all that it depends on: its
// network and the files of that as they were, its shape and its kernels. So another prompt costs
// its own end alone, and another mechanism no prompt at all.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/base/kept_values.h"
#include "otherwise/model/evaluator.h"
#include "otherwise/world/plan.h"

namespace otherwise {

class KeptPrefixes;  // model/kept_prefixes.h
struct OpenedWorld;  // world/opened.h

/// Streams of a context beyond all others, for the starts of prompts.
inline constexpr int kKeptStarts = 2;

/// What contexts of one session have in common.
struct ContextShape {
    int streams = 0;  ///< with those for starts
    int stream_length = 0;
    int max_rows = 0;
    int least_rows = 0;
};

/// All that the rows of a world's network depend on, and its files as they are now, as a key.
[[nodiscard]] std::string network_key(const WorldPlan& plan);

/// Whether what a context of this world reads may be kept: not where patches act on single strings,
/// where all calls have one shape, or where streams cannot be cut back.
[[nodiscard]] bool keeps_starts(const OpenedWorld& world);

class KeptContexts {
public:
    /// Among these values. Of contexts that nobody uses, so many stay at most.
    explicit KeptContexts(std::shared_ptr<KeptValues> values, std::size_t most_idle = 14)
        : values_(std::move(values)), most_idle_(most_idle) {}

    /// Those of all worlds, which must keep starts: kept ones, and where there are none new ones,
    /// for which what was longest unused makes room. `more`: bytes that the session needs beside.
    /// Throws Error like Context.
    [[nodiscard]] std::vector<std::shared_ptr<Evaluator>> take(
        const std::vector<const OpenedWorld*>& worlds, const ContextShape& shape,
        std::size_t more = 0);

    [[nodiscard]] KeptValues& values() { return *values_; }
    /// Rows of prompts that the contexts which were taken last have not read since then.
    [[nodiscard]] long spared() const;

private:
    [[nodiscard]] long spared_by_used() const;
    void forget_most(const std::vector<std::shared_ptr<KeptPrefixes>>& used);

    std::shared_ptr<KeptValues> values_;
    std::size_t most_idle_;
    std::vector<std::weak_ptr<KeptPrefixes>> made_;  // used last last
    std::size_t in_use_ = 0;                         // of these, the last ones
    long spared_before_ = 0;                         // by them
};

}  // namespace otherwise
