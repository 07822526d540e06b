#include "otherwise/generate/run_memory.h"

#include <fmt/format.h>

#include <string>

#include "otherwise/base/error.h"
#include "otherwise/base/megabytes.h"

namespace otherwise {
namespace {

constexpr std::size_t kStringBytes = 1400;
constexpr std::size_t kLetterBytes = 8;  // the text three times, its tokens twice
constexpr std::size_t kPairBytes = 200;
constexpr std::size_t kWorldBytes = 32;  // of a string in a world: its prompt and sizes

std::string digits(std::size_t number) { return fmt::format("{}", fmt::group_digits(number)); }

}  // namespace

std::size_t string_bytes(std::size_t letters) { return kStringBytes + kLetterBytes * letters; }

std::size_t pair_bytes(const RunCounts& counts, std::size_t worlds) {
    return static_cast<std::size_t>(counts.pairs) * kPairBytes +
           static_cast<std::size_t>(counts.strings) * worlds * kWorldBytes;
}

void require_string_memory(std::size_t strings, std::size_t bytes, std::size_t free) {
    if (free == 0 || bytes <= free) {
        return;
    }
    fail({.where = "require_string_memory",
          .expected =
              "strings that fit into the " + given_megabytes(free) + " of memory that are free",
          .came = "at least " + digits(strings) + ", which take " + needed_megabytes(bytes),
          .advice = "set " + setting("limit") +
                    ", or make several studies of them with one seed: the noise of a string "
                    "follows from the seed and its id"});
}

void require_pair_memory(const RunCounts& counts, std::size_t worlds, std::size_t contexts,
                         std::size_t free) {
    const std::size_t kept = pair_bytes(counts, worlds);
    if (free == 0 || (kept <= free && contexts <= free - kept)) {
        return;
    }
    const auto pairs = digits(static_cast<std::size_t>(counts.pairs));
    fail({.where = "require_pair_memory",
          .expected = "a run within the " + given_megabytes(free) + " of memory that are free",
          .came = needed_megabytes(contexts) + " for contexts and " + needed_megabytes(kept) +
                  " for what " + pairs + " pairs come to",
          .advice = contexts > kept
                        ? "lower " + setting("memory")
                        : "take fewer strings, samples or worlds at a time, or shards"});
}

}  // namespace otherwise
