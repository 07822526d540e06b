// Teacher forcing: the same strings read in several worlds at once, row by row.
//
// Each world evaluates its own prompt and the same written tokens; the logits of a written position
// are there in all worlds at the same time, so that laws can be compared and forgotten. Prompts may
// differ in length: what a world's prompt has more than the shortest is read beforehand.
//
// A world that reads `apart` (a floor: the null world, the nudge) reads only its own strings, in
// calls of another shape than the first world's: fewer streams, in reverse.
//
// A world that shares the first one's network and prompts has its logits, and reads nothing.
//
// Memory: the evaluators' own. Rows: each prompt and each written token but the last, once a world.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "otherwise/generate/passage.h"
#include "otherwise/generate/rectangles.h"
#include "otherwise/generate/shared_head.h"
#include "otherwise/generate/writer.h"
#include "otherwise/model/evaluator.h"

namespace otherwise {

/// A world to read in; its evaluator has min_rows − 1 streams more than are read at a time.
struct LockstepWorld {
    Evaluator* evaluator = nullptr;
    bool apart = false;   ///< not allowed for the first world
    bool shares = false;  ///< has the first world's logits; its evaluator is not used
};

/// The logits that decide one written position of one passage.
struct LockstepRow {
    int passage = 0;
    int position = 0;  ///< counts written tokens from 0
    /// [worlds] logits [n_vocab]; empty where a world does not read the passage, or not now. The
    /// first world's are always there.
    std::span<const std::span<const float>> logits;
    int worker = 0;  ///< of the thread that visits, from 0
};

class Lockstep {
public:
    using Visit = std::function<void(const LockstepRow&)>;

    /// `parallel` passages at a time; visits come from `threads` threads at once, each position
    /// once for the worlds together and once for each world apart.
    Lockstep(std::vector<LockstepWorld> worlds, int parallel, int threads);

    /// Reads all passages, or stops between calls once `cancelled` says so; leaves the streams
    /// empty.
    void read(std::span<const Passage> passages, const Visit& visit,
              const std::function<bool()>& cancelled = {});

    /// Rows of a world; where it shares, the positions that were there without.
    [[nodiscard]] const WriterCounts& counts(std::size_t world) const { return counts_[world]; }
    [[nodiscard]] WriterCounts counts() const;  ///< of all worlds
    [[nodiscard]] int threads() const { return threads_; }

private:
    using Group = std::vector<PassageReading>;
    struct Tail {
        std::vector<const PassageReading*> readings;  // of each feed
        std::vector<int> first;                       // row of the tail that its feed begins with
        std::vector<std::vector<Feed>> feeds;         // [worlds]; none of worlds apart
        std::vector<Feed> fullest;
    };

    /// With the first world, in calls of the same form.
    [[nodiscard]] bool together(std::size_t world) const {
        return !worlds_[world].apart && !worlds_[world].shares;
    }
    [[nodiscard]] bool reads(std::size_t world, const PassageReading& reading) const {
        if (worlds_[world].shares) {
            return false;
        }
        const auto& skipped = reading.passage->skipped;
        return skipped.empty() || !skipped[world];
    }
    /// `next` is what will be read after the group; null after the last.
    void read_group(const Group& group, const PassageReading* next, const Visit& visit,
                    const std::function<bool()>& cancelled);
    void read_head(const Group& group, const PassageReading* next, std::size_t world);
    [[nodiscard]] int own_from(const PassageReading& reading, std::size_t world) const {
        return worlds_[world].evaluator->own_from(*reading.passage->prompts[world]);
    }
    [[nodiscard]] bool tiled(std::size_t world, const PassageReading& reading) const {
        return tiled_head(static_cast<int>(reading.passage->prompts[world]->size()), shape_) > 0;
    }
    [[nodiscard]] std::vector<int> take_shared(const Group& group, const PassageReading* next,
                                               std::size_t world,
                                               const std::vector<int>& stream_of);
    void read_tail(const Group& group, int piece, const Visit& visit);
    [[nodiscard]] Tail tail_of(const Group& group, int piece) const;
    void visit_together(const Rectangle& rectangle, const Tail& tail, const Visit& visit) const;
    void count_shared(const Rectangle& rectangle, const Tail& tail);
    void read_apart(const Group& group, std::size_t world, const Rectangle& together,
                    std::span<const Feed> feeds, int piece, const Visit& visit);
    void call(std::size_t world, const Rectangle& rectangle, std::span<const Feed> feeds,
              int free_stream);
    void visit_rows(const Rectangle& rectangle, std::span<const Feed> feeds,
                    const std::function<void(int feed, int row, int worker)>& body) const;
    [[nodiscard]] std::vector<int> streams(const Group& group, std::size_t world) const;

    std::vector<LockstepWorld> worlds_;
    Shape shape_;  // what every world allows
    int parallel_;
    int threads_;
    std::vector<WriterCounts> counts_;  // [worlds]
    std::vector<SharedHead> heads_;     // [worlds]
};

}  // namespace otherwise
