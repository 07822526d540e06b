// Writes a run file: results are gathered and go into it batch by batch, each batch in one
// transaction together with the progress that it means.
//
// A killed process loses the batch in flight and no more. A string is done when all its pairs are
// there; only whole strings are written. Cost: about 10 µs a pair (see store_seconds).
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "otherwise/generate/record.h"
#include "otherwise/measure/string_law.h"
#include "otherwise/study/database.h"
#include "otherwise/study/run_head.h"
#include "otherwise/study/run_lock.h"
#include "otherwise/study/run_rows.h"

namespace otherwise {

/// Totals of one process at work on the file.
struct Sitting {
    long pairs = 0;
    double seconds = 0.0;          ///< of writing strings
    double backend_seconds = 0.0;  ///< of these, inside llama.cpp
    double law_seconds = 0.0;      ///< of reading laws
};

class RunWriter {
public:
    /// Makes the file, whole or not at all. Throws Error where it is there already or cannot be
    /// written.
    RunWriter(const std::filesystem::path& path, const RunHead& head, PieceOf piece);
    /// Opens a file to go on with it. Throws Error: not a run file, locked by another run.
    RunWriter(const std::filesystem::path& path, PieceOf piece);
    ~RunWriter();
    RunWriter(const RunWriter&) = delete;
    RunWriter& operator=(const RunWriter&) = delete;

    [[nodiscard]] const RunHead& head() const { return head_; }

    /// Takes over where files lie now, from a head that is the same otherwise.
    void set_files(const RunHead& now);
    /// Registers this process in the table `sittings`.
    void begin(const Machine& machine);
    /// Pairs come in order of string; a string with its last one is done.
    void add(const Pair& pair);
    /// Leaves a string out for good.
    void skip(int string);
    /// Marks a string without pairs as done.
    void finish(int string);
    /// A law and what its tokens become; the draw must be written already.
    void add(const StringLaw& law, const std::vector<Becomes>& becomes);
    /// All laws of the draw are there, or it has none.
    void law_done(int string, int sample, bool none = false);
    void set_acted(std::size_t world);

    /// Writes what is whole. Throws Error where the disk does not take it; the file is then as
    /// after the last batch.
    void flush();
    /// The same when enough waits.
    void flush_sometimes();
    /// Of a finished run the file is one file, without a WAL, from here on.
    void end(const Sitting& sitting);

    /// Seconds spent here.
    [[nodiscard]] double store_seconds() const { return store_seconds_; }

private:
    struct WaitingLaw;

    /// The whole head under the file's name, or no file.
    [[nodiscard]] static RunLock make_file(const std::filesystem::path& path, const RunHead& head);
    void prepare();
    void write_pairs();
    void write_laws();
    void write_acted();
    [[nodiscard]] std::string text_of(const Written& written);
    void remember(const Tokens& tokens);

    RunLock lock_;
    Database database_;
    RunHead head_;
    PieceOf piece_;
    std::optional<RunRows> rows_;
    std::vector<Pair> current_;                          // of the string that is not whole
    std::vector<Pair> whole_;                            // of whole strings, to be written
    std::vector<std::pair<int, StringState>> states_;    // to be written
    std::vector<WaitingLaw> laws_;                       // to be written
    std::vector<std::tuple<int, int, int>> law_states_;  // string, sample, state; to be written
    std::set<int> acted_;                                // worlds that did something
    std::set<Token> known_;                              // tokens in the table `pieces`
    std::set<Token> fresh_;                              // tokens to be written there
    std::map<Token, Piece> pieces_;                      // asked for so far
    std::int64_t sitting_ = 0;
    std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
    double store_seconds_ = 0.0;
};

}  // namespace otherwise
