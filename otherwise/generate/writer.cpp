#include "otherwise/generate/writer.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/parallel.h"
#include "otherwise/model/blocks.h"

namespace otherwise {
namespace {

// A later round of drafts is worth a call of its own from this many tokens on.
constexpr int kLeastLaterDraft = 4;
// New bundles enter when this share of the streams is free, so that they share long calls.
constexpr int kRefillShare = 4;

/// Adds the sample to the branch that goes on so, a new one where there is none.
void join(std::vector<Bundle>& branches, const Bundle& before, Tokens written, Sample sample) {
    auto same =
        std::ranges::find_if(branches, [&](const Bundle& b) { return b.written == written; });
    if (same == branches.end()) {
        Bundle next{.prompt = before.prompt,
                    .written = std::move(written),
                    .samples = {},
                    .limit = before.limit,
                    .cached = 0,
                    .verifying = before.verifying,
                    .reading = before.reading};
        next.cached = next.length() - 1;
        same = branches.insert(branches.end(), std::move(next));
    }
    same->samples.push_back(std::move(sample));
}

}  // namespace

Writer::Writer(Evaluator& evaluator, Rules rules, const WriterOptions& options)
    : evaluator_(evaluator),
      shape_(evaluator.shape()),
      rules_(std::move(rules)),
      options_(options),
      policy_(options.parallel),
      head_(evaluator, options.parallel + shape_.min_rows - 1),
      scratch_(static_cast<std::size_t>(std::max(1, options.threads))) {
    shape_.max_stream_rows = std::min(shape_.max_stream_rows, shape_.max_rows);
    if (options.expect_same) {
        constexpr int kSure = 1 << 20;
        policy_.observe(kSure, 0);
    }
}

void Writer::push(Bundle bundle) {
    if (bundle.width(rules_) > options_.parallel) {
        fail({.where = "Writer::push",
              .expected = "at most " + std::to_string(options_.parallel) + " samples a bundle",
              .came = std::to_string(bundle.width(rules_))});
    }
    in_flight_ += static_cast<int>(bundle.samples.size());
    queue_.push_back(std::move(bundle));
}

std::vector<Finished> Writer::take() { return std::exchange(finished_, {}); }

/// Streams that those in use may come to need.
int Writer::width() const {
    int width = 0;
    for (const auto& slot : slots_) {
        width += std::max(slot.bundle.width(rules_), slot.waiting.empty() ? 0 : 1);
    }
    return width;
}

bool Writer::admissible(bool drain) const {
    if (queue_.empty()) {
        return false;
    }
    const int used = width();
    const int free = options_.parallel - used;
    const int next = queue_.front().width(rules_);
    const bool worth_it = drain || used > 0 || in_flight_ * 2 >= options_.parallel;
    return worth_it && next <= free && (used == 0 || free * kRefillShare >= options_.parallel);
}

bool Writer::step(bool drain) {
    spread();
    if (admissible(drain)) {
        admit();
    }
    if (slots_.empty()) {
        return false;
    }
    if (std::ranges::any_of(slots_, [](const Slot& slot) { return slot.bundle.verifying; })) {
        verify_round();
    } else if (!drain && queue_.empty() &&
               live() * kRefillShare < options_.parallel * (kRefillShare - 1)) {
        return false;
    } else {
        decode_round();
    }
    compact();
    return true;
}

Tokens Writer::upcoming(const Bundle& bundle) const {
    Tokens tokens;
    const int head = tiled_head(static_cast<int>(bundle.prompt->size()), shape_);
    if (bundle.cached < head) {
        const int rows = next_rows(head - bundle.cached, shape_.max_rows, true, shape_);
        const auto first = bundle.prompt->begin() + bundle.cached;
        tokens.assign(first, first + rows);
        return tokens;
    }
    if (const Tokens* text = tiled_text_along(bundle)) {
        return upcoming_along(bundle, *text);
    }
    for (int i = bundle.cached; i < bundle.length(); ++i) {
        tokens.push_back(bundle.at(i));
    }
    if (bundle.reading) {
        const Tokens& text = bundle.reading->written->tokens;
        for (auto t = bundle.written.size(); t + 1 < text.size(); ++t) {
            tokens.push_back(text[t]);
        }
    } else if (shape_.can_trim) {
        const auto samples = static_cast<int>(bundle.samples.size());
        const int room = shape_.max_stream_rows - static_cast<int>(tokens.size());
        const Tokens guess =
            draft(bundle, rules_of(bundle), policy_.length(samples), std::max(0, room));
        tokens.insert(tokens.end(), guess.begin(), guess.end());
    }
    if (static_cast<int>(tokens.size()) > shape_.max_stream_rows) {
        tokens.resize(static_cast<std::size_t>(shape_.max_stream_rows));
    }
    const int before_written = static_cast<int>(bundle.prompt->size()) - 1 - bundle.cached;
    if (shape_.scoped_calls && before_written > 0 &&
        static_cast<int>(tokens.size()) > before_written) {
        tokens.resize(static_cast<std::size_t>(before_written));
    }
    return tokens;
}

bool Writer::worth_verifying(const Bundle& bundle) const {
    return static_cast<int>(upcoming(bundle).size()) - bundle.pending() >= kLeastLaterDraft;
}

/// Rows to read before it is decoded, as far as they are known.
int Writer::rows_left(const Bundle& bundle) const {
    const auto next = static_cast<int>(upcoming(bundle).size());
    const Tokens* along = tiled_text_along(bundle);
    if (along == nullptr && bundle.reading) {
        along = &bundle.reading->written->tokens;
    }
    const auto text = along != nullptr ? std::ssize(*along) : 0;
    const auto after = text - std::ssize(bundle.written) - 1;
    return std::max(next, bundle.pending() + static_cast<int>(std::max<std::ptrdiff_t>(after, 0)));
}

void Writer::admit() {
    std::vector<Bundle> entering;
    for (int free = options_.parallel - width();
         !queue_.empty() && queue_.front().width(rules_) <= free;) {
        free -= queue_.front().width(rules_);
        entering.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    // Equal numbers of rows side by side share calls without padding, in every round until the
    // last: so not the next rows count but all that are left.
    std::vector<int> left;
    std::ranges::transform(entering, std::back_inserter(left),
                           [&](const Bundle& bundle) { return rows_left(bundle); });
    std::vector<std::size_t> order(entering.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>{}, [&](std::size_t i) { return left[i]; });
    std::vector<int> stream_of(entering.size());
    for (const std::size_t i : order) {
        stream_of[i] = live();
        slots_.push_back({});
    }
    // Neighbours in the queue share starts, each of which is given before the next is read.
    for (std::size_t i = 0; i < entering.size(); ++i) {
        const bool last = i + 1 == entering.size();
        if (!last || !queue_.empty()) {
            const Bundle& next = last ? queue_.front() : entering[i + 1];
            head_.learn(*entering[i].prompt, *next.prompt, tally(-1),
                        std::min(own_from(entering[i]), own_from(next)));
        }
        entering[i].cached = head_.usable(*entering[i].prompt, own_from(entering[i]));
        head_.give(entering[i].cached, stream_of[i]);
        evaluator_.begin(stream_of[i], *entering[i].prompt);
        slots_[static_cast<std::size_t>(stream_of[i])].bundle = std::move(entering[i]);
    }
}

Feed Writer::feed(int stream) {
    const Slot& slot = slots_[static_cast<std::size_t>(stream)];
    const Bundle& bundle = slot.bundle;
    const auto rows = static_cast<int>(slot.fed.size());
    const int last_prompt = static_cast<int>(bundle.prompt->size()) - 1;
    return {.stream = stream,
            .position = bundle.cached,
            .tokens = slot.fed,
            .wanted_from = std::min(rows, bundle.pending() - 1),
            .written_from = std::clamp(last_prompt - bundle.cached, 0, rows)};
}

void Writer::verify_round() {
    std::vector<Feed> feeds;
    for (int stream = 0; stream < live(); ++stream) {
        Slot& slot = slots_[static_cast<std::size_t>(stream)];
        if (slot.bundle.verifying) {
            slot.fed = upcoming(slot.bundle);
            feeds.push_back(feed(stream));
        }
    }
    run(std::move(feeds));
    for (auto& slot : slots_) {
        Bundle& bundle = slot.bundle;
        if (bundle.verifying && !bundle.samples.empty()) {
            const bool prompt_left = bundle.pending() > 1;
            bundle.verifying = prompt_left || bundle.reading || worth_verifying(bundle);
        }
    }
}

void Writer::decode_round() {
    std::vector<Feed> feeds;
    for (int stream = 0; stream < live(); ++stream) {
        Slot& slot = slots_[static_cast<std::size_t>(stream)];
        slot.fed = {slot.bundle.at(slot.bundle.cached)};
        feeds.push_back(feed(stream));
    }
    run(std::move(feeds));
}

void Writer::run(std::vector<Feed> feeds) {
    auto rectangles = pack(feeds, shape_, live());
    // From the last stream to the first: companions use the first free streams, which samples that
    // part ways in another call of this round may take.
    std::ranges::reverse(rectangles);
    for (const auto& rectangle : rectangles) {
        evaluate(evaluator_, rectangle, feeds, live());
        std::vector<std::vector<Step>> steps(static_cast<std::size_t>(rectangle.count));
        const int workers = static_cast<int>(scratch_.size());
        parallel_for(std::min(workers, rectangle.count), workers, [&](int worker) {
            for (int i = worker; i < rectangle.count; i += workers) {
                const auto stream = feeds[static_cast<std::size_t>(rectangle.first + i)].stream;
                Slot& slot = slots_[static_cast<std::size_t>(stream)];
                steps[static_cast<std::size_t>(i)] = walk(
                    slot.bundle, slot.fed, rules_,
                    [&](int row) { return evaluator_.logits(rectangle.row_of(i, row)); },
                    scratch_[static_cast<std::size_t>(worker)]);
            }
        });
        count(rectangle, feeds);
        for (int i = 0; i < rectangle.count; ++i) {
            settle(feeds[static_cast<std::size_t>(rectangle.first + i)].stream,
                   std::move(steps[static_cast<std::size_t>(i)]));
        }
    }
}

WriterCounts& Writer::tally(int world) {
    const auto at = static_cast<std::size_t>(world + 1);
    counts_.resize(std::max(counts_.size(), at + 1));
    return counts_[at];
}

/// The rows of a call, each for the world that needs it; companions and the call for the first.
void Writer::count(const Rectangle& rectangle, std::span<const Feed> feeds) {
    const auto world_of = [&](int i) {
        const auto at = static_cast<std::size_t>(rectangle.first + i);
        return slots_[static_cast<std::size_t>(feeds[at].stream)].bundle.samples.front().world;
    };
    for (int i = 0; i < rectangle.count; ++i) {
        tally(world_of(i)).rows += rectangle.call.n_rows;
    }
    tally(world_of(0)).rows += long{rectangle.companions} * rectangle.call.n_rows;
    ++tally(world_of(0)).calls;
}

void Writer::settle(int stream, std::vector<Step> steps) {
    Slot& slot = slots_[static_cast<std::size_t>(stream)];
    Bundle before = std::move(slot.bundle);
    const int world = before.samples.front().world;
    if (static_cast<int>(slot.fed.size()) < before.pending()) {  // still inside the prompt
        before.cached += static_cast<int>(slot.fed.size());
        tally(world).needed += static_cast<long>(slot.fed.size());
        slot.bundle = std::move(before);
        return;
    }
    if (before.reading && before.reading->impossible_at >= 0) {
        drop(slot, before);
        branch(stream, before, {});
        return;
    }
    std::vector<Bundle> branches;
    std::size_t longest = 0;
    for (std::size_t s = 0; s < steps.size(); ++s) {
        Step& step = steps[s];
        longest = std::max(longest, step.tokens.size());
        if (options_.on_tokens && !step.tokens.empty()) {
            options_.on_tokens(before.samples[s], static_cast<int>(before.written.size()),
                               step.tokens);
        }
        if (before.samples[s].led) {  // no draft was made for it
            tally(before.samples[s].world).shared += static_cast<long>(step.tokens.size());
        } else {
            policy_.observe(step.raced, step.diverged);
        }
        if (step.done) {
            finish(std::move(before.samples[s]), before, std::move(step));
            continue;
        }
        if (step.left) {
            leave(slot, std::move(before.samples[s]), before, step);
            continue;
        }
        Tokens written = before.written;
        written.insert(written.end(), step.tokens.begin(), step.tokens.end());
        join(branches, before, std::move(written), std::move(before.samples[s]));
    }
    tally(world).needed += before.pending() - 1 + static_cast<long>(longest);
    if (branches.size() > 1) {  // drafts that the samples could not agree on may pay for each alone
        for (Bundle& next : branches) {
            next.verifying = next.verifying || worth_verifying(next);
        }
    }
    branch(stream, before, std::move(branches));
}

void Writer::finish(Sample sample, const Bundle& bundle, Step step) {
    Written written;
    written.tokens = bundle.written;
    written.tokens.insert(written.tokens.end(), step.tokens.begin(), step.tokens.end());
    written.ended = step.ended;
    finished_.push_back({.sample = std::move(sample), .written = std::move(written)});
    --in_flight_;
}

void Writer::branch(int stream, const Bundle& before, std::vector<Bundle> branches) {
    Slot& slot = slots_[static_cast<std::size_t>(stream)];
    const int filled = before.cached + static_cast<int>(slot.fed.size());
    const auto cut = [&](int target, const Bundle& bundle) {
        if (bundle.cached < filled) {
            evaluator_.trim(target, bundle.cached);
        }
    };
    if (branches.empty()) {
        slot.bundle = {};  // compact() fills the gap
        slot.bundle.verifying = false;
        resume(stream);
        return;
    }
    // What waits needs the first cells of the stream, so the fullest goes on there.
    std::ranges::stable_sort(branches, std::greater<>{}, &Bundle::cached);
    std::vector<int> targets{stream};
    while (targets.size() < branches.size() && (live() < options_.parallel || !shape_.can_trim)) {
        targets.push_back(live());
        evaluator_.copy(stream, live());
        slots_.push_back({});
    }
    for (std::size_t b = 0; b < targets.size(); ++b) {
        cut(targets[b], branches[b]);
        slots_[static_cast<std::size_t>(targets[b])].bundle = std::move(branches[b]);
    }
    auto& waiting = slots_[static_cast<std::size_t>(stream)].waiting;
    waiting.insert(waiting.end(), std::make_move_iterator(branches.begin() + std::ssize(targets)),
                   std::make_move_iterator(branches.end()));
}

void Writer::compact() {
    for (int stream = 0; stream < live();) {
        if (!slots_[static_cast<std::size_t>(stream)].bundle.samples.empty()) {
            ++stream;
            continue;
        }
        const int last = live() - 1;
        if (stream != last && !slots_[static_cast<std::size_t>(last)].bundle.samples.empty()) {
            evaluator_.copy(last, stream);
            slots_[static_cast<std::size_t>(stream)] =
                std::move(slots_[static_cast<std::size_t>(last)]);
        }
        evaluator_.trim(last, 0);
        slots_.pop_back();
    }
}

}  // namespace otherwise
