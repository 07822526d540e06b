// How much a run is, from the sizes of its strings and worlds alone. Pure functions.
//
// Rows are counted from above: every string is written to its limit, and a world that shares the
// factual rows leaves them at its first token. With S samples, L written tokens and a prompt of P,
// a world that writes takes
//
//   P + S (L − 1)        rows of a string, twice that with fresh noise; without P where it shares
//
// and one that reads takes P + L − 1 for each draw, none where it shares.
#pragma once

#include <cstddef>
#include <vector>

#include "otherwise/generate/record.h"

namespace otherwise {

/// In tokens.
struct StringSizes {
    int prompt = 0;
    int written = 0;  ///< at most
    bool observed = false;
};

struct WorldSizes {
    WorldRole role = WorldRole::change;
    bool shares = false;             ///< the factual network and prompts
    std::vector<int> prompts;        ///< [strings] tokens
    std::vector<bool> strings = {};  ///< on which it runs; empty = all
};

struct RunSizes {
    std::vector<StringSizes> strings;
    std::vector<WorldSizes> worlds;  ///< floors are among them
    long donor_rows = 0;             ///< of the prompts whose states patches take
    int samples = 1;
    int n_vocab = 0;
    bool independent = false;  ///< worlds of the user's are written under fresh noise, too
    bool read_only = false;    ///< laws are read; nothing is stored
};

struct RunCounts {
    long strings = 0;
    long pairs = 0;  ///< of all worlds, the null world's included
    long rows = 0;   ///< rows to evaluate, from above: nothing ends early
    int null_strings = 0;
    int nudge_strings = 0;
    std::size_t stored_laws = 0;  ///< bytes of observed strings' laws
    std::size_t longest_law = 0;  ///< of one of these
};

/// Rows that a string takes at most, in all worlds.
[[nodiscard]] long rows_of(const RunSizes& run, std::size_t string);

[[nodiscard]] RunCounts count_run(const RunSizes& run);

}  // namespace otherwise
