// Whether results of a run file fit its head and each other, asked of each as it is read: their
// string, sample and world are there, the LCP is that of their tokens, positions lie within them.
//
// Each throws Error that names the file. Cost: below 0.1 µs a pair of 25 tokens.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/generate/record.h"
#include "otherwise/measure/string_law.h"
#include "otherwise/study/run_head.h"
#include "otherwise/study/run_rows.h"

namespace otherwise {

class RunReader;

/// The rows of one table, in their order.
class SoundRows {
public:
    /// `table` is its name; both others outlive this.
    SoundRows(const RunHead& head, const std::filesystem::path& file, std::string table)
        : head_(head), file_(file), table_(std::move(table)) {}

    /// A row's key: indices of the head, more than those of the row before. Before its role is
    /// looked up.
    void take(int string, int sample, int world, bool independent = false);

    void check(const Pair& pair) const;
    /// Its stay is a probability at each of its tokens.
    void check(const StringLaw& law) const;
    /// Of a string that was written or observed, or a prompt.
    void check(const Tokens& tokens) const;

private:
    const RunHead& head_;
    const std::filesystem::path& file_;
    std::string table_;
    std::array<int, 4> last_{-1, -1, -1, -1};
};

/// What the tokens of a law become, from its text (run_rows.h): positions ascend within the
/// `length` tokens.
[[nodiscard]] std::vector<Becomes> read_becomes(std::string_view text, std::size_t length,
                                                const std::filesystem::path& file);

/// All results of a file, read and thrown away: each string that is done has all its pairs.
void require_sound_results(const RunReader& run);

}  // namespace otherwise
