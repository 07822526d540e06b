// Reads a run file, finished or not, also while a run writes it.
//
// Cost: about 15 µs a pair and 30 µs a law of 25 tokens; only one is held at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "otherwise/study/database.h"
#include "otherwise/study/head_tables.h"
#include "otherwise/study/stored_run.h"

namespace otherwise {

class RunReader : public StoredRun {
public:
    using Pieces = std::shared_ptr<const std::vector<Piece>>;  ///< by token

    /// Throws Error: no such file, not a run file, a newer schema, a locked file.
    explicit RunReader(const std::filesystem::path& path);
    /// The same with what was read before: the head of the run that the file belongs to, and its
    /// pieces.
    RunReader(const std::filesystem::path& path, std::shared_ptr<const RunHead> head,
              Pieces pieces);
    [[nodiscard]] std::unique_ptr<StoredRun> again() const override;

    [[nodiscard]] const std::filesystem::path& path() const override { return database_.path(); }
    [[nodiscard]] const RunHead& head() const override { return head_; }
    [[nodiscard]] RunProgress progress() const override;
    [[nodiscard]] bool finished() const override { return is_finished(database_, head_); }
    [[nodiscard]] std::vector<StoredSitting> sittings() const override;
    [[nodiscard]] long pair_count() const override;
    /// Tokens of the longest string written in a world.
    [[nodiscard]] int longest(int world) const;
    [[nodiscard]] int string_of_draw(int n) const override;

    void each_pair(const std::function<void(const Pair&)>& take, RunPart part = {}) const override;
    void each_law(const std::function<void(const StringLaw&)>& take,
                  RunPart part = {}) const override;
    [[nodiscard]] std::vector<Becomes> becomes(int string, int sample, int world) const override;

    void each_draw(const TakeDraw& take) const override;
    /// Draws whose laws are missing.
    [[nodiscard]] std::vector<std::pair<int, int>> draws_without_law() const;

    [[nodiscard]] const Piece& piece(Token token) const override;

private:
    Database database_;
    std::shared_ptr<const RunHead> shared_head_;
    const RunHead& head_;  // *shared_head_
    Pieces pieces_;
};

/// By token; those that no result has are empty.
[[nodiscard]] RunReader::Pieces read_pieces(const Database& database);

}  // namespace otherwise
