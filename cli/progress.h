// One line on a terminal that says how far a run is: redrawn at most ten times a second, cleared at
// the end. Writes nothing where the stream is no terminal. Not thread safe.
//
//   ━━━━━━━━━━━─────────  112/200 pairs  18.3/s  5 s left
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "otherwise/model/evaluator.h"

namespace otherwise::cli {

/// The line for `done` of `total` after so many seconds, in at most `width` columns. A total of 0
/// is unknown.
[[nodiscard]] std::string progress_line(std::int64_t done, std::int64_t total, double seconds,
                                        int width, const std::string& unit = "pairs");

/// "45 s", "3 min 20 s", "2 h 5 min"
[[nodiscard]] std::string duration_text(double seconds);

/// "; hooks took 1.3 % on top of the model's time", or nothing without hooks.
[[nodiscard]] std::string hooks_text(const BackendTime& time);

class Progress {
public:
    using Clock = std::chrono::steady_clock;

    struct Options {
        std::optional<bool> visible{};             ///< else: is the stream a terminal?
        std::function<Clock::time_point()> now{};  ///< else: Clock::now
        std::string unit = "pairs";
    };

    explicit Progress(std::int64_t total, std::FILE* stream = stderr)
        : Progress(total, stream, Options{}) {}
    Progress(std::int64_t total, std::FILE* stream, Options options);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void update(std::int64_t done) { update(done, total_); }
    /// The same where the total has changed.
    void update(std::int64_t done, std::int64_t total);

    /// Takes the line away, so that something else can be printed; a later update draws it again.
    void clear();

private:
    std::int64_t total_;
    std::FILE* stream_;
    bool visible_ = false;
    std::function<Clock::time_point()> now_;
    std::string unit_;
    Clock::time_point start_;
    std::optional<Clock::time_point> drawn_;  ///< when last
    bool on_screen_ = false;
};

}  // namespace otherwise::cli
