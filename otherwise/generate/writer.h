// Writes many strings at once in one evaluator: continuous batching over its streams.
//
// Streams 0 … live−1 are in use, with no gaps. New bundles enter together at the end and are
// verified: prompt (but what they share at its start) and draft tokens in long calls, in which a
// world that changed little confirms most of the factual string. What is left is decoded one row a
// stream. Samples that part ways get a stream each by copying; finished streams are filled from the
// end. What is written depends on none of this.
//
// An observed string is read in the same way: its text is known, and its laws are kept. Where it is
// long enough for the tiled kernel (model/blocks.h) its rows go through that one in calls of their
// own, and so do those of the samples that are still along it (writer_text.cpp).
//
// Samples of other worlds that are led (bundle.h) cost no row until they leave the factual string.
// Then they wait on its stream, whose cells begin with theirs, those with the same text together:
// they go on in a free stream, in a copy, or in that stream once what holds it is done, the one
// that left last first, so that the cells of the others stay as they are. Where they part and no
// stream is free, those with fewer cells wait in the same way. Where streams cannot be cut back
// samples that left are evaluated again from their start.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "otherwise/generate/bundle.h"
#include "otherwise/generate/draft.h"
#include "otherwise/generate/rectangles.h"
#include "otherwise/generate/shared_head.h"
#include "otherwise/generate/walk.h"
#include "otherwise/generate/writer_counts.h"
#include "otherwise/model/evaluator.h"

namespace otherwise {

struct WriterOptions {
    int parallel = 1;  ///< samples in flight at most; companion streams come on top
    int threads = 1;
    bool expect_same = false;  ///< begin with long drafts: this world is thought to change nothing
    bool tiled_texts = false;  ///< long observed texts go through the tiled kernel (model/blocks.h)
    /// Tokens as they are written, the first at this position; see RunCallbacks::on_tokens.
    std::function<void(const Sample&, int position, const Tokens&)> on_tokens{};
};

/// A sample whose string is whole.
struct Finished {
    Sample sample;
    Written written;
};

class Writer {
public:
    Writer(Evaluator& evaluator, Rules rules, const WriterOptions& options);

    /// Queues a bundle: a prompt, and samples that have written nothing yet.
    void push(Bundle bundle);
    /// One round of calls. With `drain` false it waits for more work rather than run half empty;
    /// false when there is nothing (worth) doing.
    bool step(bool drain);
    /// Takes what has been finished since the last time.
    [[nodiscard]] std::vector<Finished> take();

    [[nodiscard]] int in_flight() const { return in_flight_; }  ///< samples queued or being written
    /// Rows of the evaluator's own world (−1), or of another whose samples were led.
    [[nodiscard]] WriterCounts counts(int world = -1) const {
        const auto at = static_cast<std::size_t>(world + 1);
        return at < counts_.size() ? counts_[at] : WriterCounts{};
    }
    /// For others who use the evaluator between steps.
    [[nodiscard]] SharedHead& shared_head() { return head_; }

private:
    struct Slot {
        Bundle bundle;
        Tokens fed;                     // of the round under way
        std::vector<Bundle> waiting{};  // whose cells are the first ones of the stream
    };

    [[nodiscard]] int width() const;
    [[nodiscard]] int rows_left(const Bundle& bundle) const;
    [[nodiscard]] bool admissible(bool drain) const;
    void admit();
    [[nodiscard]] int live() const { return static_cast<int>(slots_.size()); }
    [[nodiscard]] WriterCounts& tally(int world);
    void count(const Rectangle& rectangle, std::span<const Feed> feeds);
    [[nodiscard]] int own_from(const Bundle& bundle) const {
        return evaluator_.own_from(*bundle.prompt);
    }
    [[nodiscard]] Tokens upcoming(const Bundle& bundle) const;
    [[nodiscard]] const Tokens* tiled_text_along(const Bundle& bundle) const;
    [[nodiscard]] int longest_call(const Bundle& bundle, const Tokens& text) const;
    [[nodiscard]] Tokens upcoming_along(const Bundle& bundle, const Tokens& text) const;
    [[nodiscard]] const Rules& rules_of(const Bundle& bundle) const {
        const Rules* own = bundle.samples.front().rules;
        return own != nullptr ? *own : rules_;
    }
    [[nodiscard]] bool worth_verifying(const Bundle& bundle) const;
    [[nodiscard]] Feed feed(int stream);
    void verify_round();
    void decode_round();
    void run(std::vector<Feed> feeds);
    void settle(int stream, std::vector<Step> steps);
    void finish(Sample sample, const Bundle& bundle, Step step);
    static void leave(Slot& slot, Sample sample, const Bundle& bundle, const Step& step);
    void drop(Slot& slot, const Bundle& bundle);
    [[nodiscard]] Bundle take_waiting(Slot& slot);
    void read_again(Bundle bundle);
    void spread();
    void resume(int stream);
    void branch(int stream, const Bundle& before, std::vector<Bundle> branches);
    void compact();

    Evaluator& evaluator_;
    Shape shape_;
    Rules rules_;
    WriterOptions options_;
    DraftPolicy policy_;
    SharedHead head_;
    std::deque<Bundle> queue_;
    std::vector<Slot> slots_;  // index = stream
    std::vector<WalkScratch> scratch_;
    std::vector<Finished> finished_;
    std::vector<WriterCounts> counts_{1};  // [1 + world]
    int in_flight_ = 0;
};

}  // namespace otherwise
