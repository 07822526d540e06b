// A folder of shards, read as the run that they are together: their results interleaved in the
// order of the strings, without a merge.
//
// Shards are its files *.db. Their results are read in blocks of strings, from each file the part
// that it has, so at most 16,384 strings are held, and at most 64 files are open. A string that
// several files have is taken from the first by name. Cost: one file's own, and 0.3 ms for each
// file and block.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "otherwise/study/run_reader.h"
#include "otherwise/study/stored_run.h"

namespace otherwise {

class RunFolder : public StoredRun {
public:
    /// Throws Error: no shard in the folder, one that is no run file; misuse: shards of different
    /// studies (by what differs), or of different machines without `force`.
    explicit RunFolder(const std::filesystem::path& folder, bool force = false);
    [[nodiscard]] std::unique_ptr<StoredRun> again() const override;

    [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
    /// The first shard's, of all strings: done where they are done in any.
    [[nodiscard]] const RunHead& head() const override { return all_->head; }
    [[nodiscard]] RunProgress progress() const override;
    [[nodiscard]] bool finished() const override;
    [[nodiscard]] std::vector<StoredSitting> sittings() const override;
    [[nodiscard]] std::vector<int> missing_shards() const override { return all_->missing; }
    [[nodiscard]] long pair_count() const override { return all_->pairs; }
    [[nodiscard]] int string_of_draw(int n) const override;
    void each_pair(const std::function<void(const Pair&)>& take, RunPart part = {}) const override;
    void each_law(const std::function<void(const StringLaw&)>& take,
                  RunPart part = {}) const override;
    [[nodiscard]] std::vector<Becomes> becomes(int string, int sample, int world) const override;
    /// Holds all of them.
    void each_draw(const TakeDraw& take) const override;
    [[nodiscard]] const Piece& piece(Token token) const override;

private:
    /// What is read at the start, the same for all threads.
    struct Shards {
        std::vector<std::filesystem::path> files;
        RunHead head;
        std::vector<Piece> pieces;  ///< by token
        std::vector<int> owner;     ///< [strings] the file that has it, −1 none
        std::vector<int> missing;   ///< shards, from 1
        long pairs = 0;
        long draws = 0;
        long laws = 0;
        bool laws_done = true;  ///< of all strings that are done
    };
    RunFolder(std::filesystem::path folder, std::shared_ptr<const Shards> all);
    static std::shared_ptr<const Shards> read_shards(const std::filesystem::path& folder,
                                                     bool force);
    [[nodiscard]] const RunReader& reader(int file) const;
    template <typename Row, typename Read>
    void each(const std::function<void(const Row&)>& take, RunPart part, const Read& read) const;

    std::filesystem::path path_;
    std::shared_ptr<const Shards> all_;
    mutable std::vector<std::unique_ptr<RunReader>> open_;  // [files], nullptr where it is closed
    mutable int count_open_ = 0;
};

/// The run at a path: a file, or a folder of shards (`force`: also of several machines).
[[nodiscard]] std::unique_ptr<StoredRun> open_run(const std::filesystem::path& path,
                                                  bool force = false);

}  // namespace otherwise
