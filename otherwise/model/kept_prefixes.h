// An evaluator that keeps how prompts begin: the next prompt that begins alike reads only the rest.
//
// What a row leaves in its stream depends on the rows before it, its own token and scope, and the
// kernel that reads it (blocks.h), and on nothing else: that is what batch invariance means. So
// rows that were read before are copied, and no result depends on whether they were. A few streams
// beyond those that callers see hold the starts of the last prompts, each as far as its rows are in
// scope `prompt`; the one that was longest unused is overwritten.
//
// A copy costs a stream's cells (0.4 ms at 256, 9 ms at 4,096), so starts of fewer rows than that
// pays for are read again. Where hooks act on single strings (Evaluator::own_from), or streams
// cannot be cut back, there is nothing to keep: do not use it there.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "otherwise/model/evaluator.h"

namespace otherwise {

class KeptPrefixes final : public Evaluator {
public:
    /// `inner` has `kept` streams more than callers will see; its streams are empty. Starts of
    /// fewer than `least` rows are not kept; 0 = as many as a copy pays for.
    KeptPrefixes(std::unique_ptr<Evaluator> inner, int kept, int least = 0);

    [[nodiscard]] Shape shape() const override;
    void decode(const Call& call) override;
    [[nodiscard]] std::span<const float> logits(int row) const override;
    void copy(int from, int to) override;
    void trim(int stream, int length) override;
    void begin(int stream, const Tokens& prompt) override { inner_->begin(stream, prompt); }
    [[nodiscard]] int own_from(const Tokens& prompt) const override {
        return inner_->own_from(prompt);
    }
    [[nodiscard]] double seconds() const override { return inner_->seconds(); }
    [[nodiscard]] double hook_seconds() const override { return inner_->hook_seconds(); }

    /// Empties all streams that callers see, for the next one of them.
    void clear();
    /// Rows that were asked for and not read.
    [[nodiscard]] long spared() const { return spared_; }
    /// False once a call has failed: nobody knows what its streams hold.
    [[nodiscard]] bool sound() const { return sound_; }

private:
    /// What the state of a row depends on, beside the rows before it.
    struct Cell {
        Token token = 0;
        bool written = false;
        bool tiled = false;
        bool operator==(const Cell&) const = default;
    };
    using Cells = std::vector<Cell>;
    struct Start {
        Cells cells;
        long used = 0;  ///< when, for the longest unused
    };
    struct Stream {
        Cells cells;
        int lender = -1;  ///< the start that holds them, as long as the stream itself is empty
    };

    [[nodiscard]] int stream_of(std::size_t start) const {
        return shape_.n_streams + static_cast<int>(start);
    }
    [[nodiscard]] std::vector<Cells> cells_of(const Call& call) const;
    [[nodiscard]] int lender_of(const Cells& cells) const;
    [[nodiscard]] int known_rows(const Call& call, const std::vector<Cells>& rows,
                                 std::vector<int>& lenders) const;
    void lend(const Call& call, const std::vector<int>& lenders, int rows);
    void settle(int stream);
    void keep_start(int stream);

    std::unique_ptr<Evaluator> inner_;
    Shape shape_;
    int least_;
    std::vector<Stream> streams_;
    std::vector<Start> starts_;
    int call_rows_ = 0;  // of each stream in the last call,
    int left_out_ = 0;   // and of these, those at the start that were known
    long spared_ = 0;
    long now_ = 0;
    bool sound_ = true;
};

}  // namespace otherwise
