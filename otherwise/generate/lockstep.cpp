#include "otherwise/generate/lockstep.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "otherwise/base/parallel.h"
#include "otherwise/model/blocks.h"

namespace otherwise {
namespace {

/// The shape of calls that every world can take.
Shape common_shape(const std::vector<LockstepWorld>& worlds) {
    Shape shape = worlds.front().evaluator->shape();
    for (const auto& world : worlds) {
        const Shape other = (world.shares ? worlds.front() : world).evaluator->shape();
        shape.n_streams = std::min(shape.n_streams, other.n_streams);
        shape.stream_length = std::min(shape.stream_length, other.stream_length);
        shape.max_rows = std::min(shape.max_rows, other.max_rows);
        shape.max_stream_rows = std::min(shape.max_stream_rows, other.max_stream_rows);
        shape.tile_rows = other.tile_rows == 0 ? 0 : shape.tile_rows;  // all have it, or none
        shape.min_rows = std::max(shape.min_rows, other.min_rows);
        shape.min_wanted = std::max(shape.min_wanted, other.min_wanted);
        shape.can_trim = shape.can_trim && other.can_trim;
        shape.scoped_calls = shape.scoped_calls || other.scoped_calls;
    }
    shape.max_stream_rows = std::min(shape.max_stream_rows, shape.max_rows);
    return shape;
}

}  // namespace

Lockstep::Lockstep(std::vector<LockstepWorld> worlds, int parallel, int threads)
    : worlds_(std::move(worlds)),
      shape_(common_shape(worlds_)),
      parallel_(std::max(1, parallel)),
      threads_(std::max(1, threads)),
      counts_(worlds_.size()) {
    for (const auto& world : worlds_) {
        Evaluator& evaluator = *(world.shares ? worlds_.front() : world).evaluator;
        heads_.emplace_back(evaluator, parallel_ + evaluator.shape().min_rows - 1);
    }
}

void Lockstep::read(std::span<const Passage> passages, const Visit& visit,
                    const std::function<bool()>& cancelled) {
    Group all;
    for (std::size_t i = 0; i < passages.size(); ++i) {
        all.push_back(reading_of(passages[i], static_cast<int>(i), shape_));
    }
    // Equal lengths share calls without padding.
    std::ranges::stable_sort(all, std::greater<>{}, [](const PassageReading& reading) {
        return std::tuple(reading.tiled, tail_length(reading), reading.shared);
    });
    for (std::size_t first = 0; first < all.size(); first += static_cast<std::size_t>(parallel_)) {
        const auto end = std::min(all.size(), first + static_cast<std::size_t>(parallel_));
        read_group(Group(all.begin() + static_cast<std::ptrdiff_t>(first),
                         all.begin() + static_cast<std::ptrdiff_t>(end)),
                   end < all.size() ? &all[end] : nullptr, visit, cancelled);
    }
}

/// The stream of each reading in a world; −1 for those it does not read. Worlds apart count
/// backwards.
std::vector<int> Lockstep::streams(const Group& group, std::size_t world) const {
    std::vector<int> streams(group.size(), -1);
    int next = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
        const std::size_t at = worlds_[world].apart ? group.size() - 1 - i : i;
        if (reads(world, group[at])) {
            streams[at] = next++;
        }
    }
    return streams;
}

void Lockstep::read_group(const Group& group, const PassageReading* next, const Visit& visit,
                          const std::function<bool()>& cancelled) {
    const auto stopped = [&] { return cancelled && cancelled(); };
    for (std::size_t world = 0; world < worlds_.size() && !stopped(); ++world) {
        read_head(group, next, world);
    }
    const auto more = [&](int piece) {
        return std::ranges::any_of(group, [&](const PassageReading& reading) {
            const auto [first, end] = rows_of(reading, piece, shape_);
            return first < end;
        });
    };
    for (int piece = 0; more(piece) && !stopped(); ++piece) {
        read_tail(group, piece, visit);
    }
    for (const auto& world : worlds_) {
        for (int stream = 0; !world.shares && stream < static_cast<int>(group.size()); ++stream) {
            world.evaluator->trim(stream, 0);
        }
    }
}

/// Rows of each prompt that are there by copying what it shares with others, of the group or after
/// it.
std::vector<int> Lockstep::take_shared(const Group& group, const PassageReading* next,
                                       std::size_t world, const std::vector<int>& stream_of) {
    std::vector<std::size_t> members;
    std::vector<const PassageReading*> readings;
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (stream_of[i] >= 0 && tiled(world, group[i])) {
            members.push_back(i);
            readings.push_back(&group[i]);
        }
    }
    if (next != nullptr && reads(world, *next) && tiled(world, *next)) {
        readings.push_back(next);
    }
    std::vector<int> done(group.size(), 0);
    for (std::size_t at = 0; at < members.size(); ++at) {
        const Tokens& prompt = *readings[at]->passage->prompts[world];
        const int own = own_from(*readings[at], world);
        if (at + 1 < readings.size()) {
            const PassageReading& other = *readings[at + 1];
            heads_[world].learn(prompt, *other.passage->prompts[world], counts_[world],
                                std::min(own, own_from(other, world)));
        }
        done[members[at]] = heads_[world].usable(prompt, own);
        heads_[world].give(done[members[at]], stream_of[members[at]]);
    }
    return done;
}

/// Rows of a world's prompt before those that are read together.
void Lockstep::read_head(const Group& group, const PassageReading* next, std::size_t world) {
    const auto stream_of = streams(group, world);
    const int free_stream = static_cast<int>(group.size());
    std::vector<int> done = take_shared(group, next, world, stream_of);
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (stream_of[i] >= 0) {
            worlds_[world].evaluator->begin(stream_of[i], *group[i].passage->prompts[world]);
        }
    }
    while (true) {
        std::vector<Feed> feeds;
        for (std::size_t i = 0; i < group.size(); ++i) {
            const Tokens& prompt = *group[i].passage->prompts[world];
            const bool tiles = tiled(world, group[i]);
            const int left = static_cast<int>(prompt.size()) - group[i].shared - done[i];
            if (stream_of[i] < 0 || left <= 0) {
                continue;
            }
            const int rows =
                next_rows(left, tiles ? shape_.max_rows : shape_.max_stream_rows, tiles, shape_);
            const auto first = prompt.begin() + done[i];
            feeds.push_back({.stream = stream_of[i],
                             .position = done[i],
                             .tokens = Tokens(first, first + rows),
                             .wanted_from = rows,
                             .written_from = rows});
            done[i] += rows;
        }
        if (feeds.empty()) {
            return;
        }
        std::ranges::sort(feeds, {}, &Feed::stream);
        for (const auto& rectangle : pack(feeds, shape_, free_stream)) {
            call(world, rectangle, feeds, free_stream);
        }
    }
}

void Lockstep::call(std::size_t world, const Rectangle& rectangle, std::span<const Feed> feeds,
                    int free_stream) {
    evaluate(*worlds_[world].evaluator, rectangle, feeds, free_stream);
    WriterCounts& counts = counts_[world];
    ++counts.calls;
    counts.rows += rectangle.call.size();
    for (int i = 0; i < rectangle.count; ++i) {
        counts.needed +=
            static_cast<long>(feeds[static_cast<std::size_t>(rectangle.first + i)].tokens.size());
    }
}

/// Calls body(feed, row, worker) for each row of the rectangle that has wanted logits.
void Lockstep::visit_rows(const Rectangle& rectangle, std::span<const Feed> feeds,
                          const std::function<void(int feed, int row, int worker)>& body) const {
    std::vector<std::pair<int, int>> rows;
    for (int i = 0; i < rectangle.count; ++i) {
        const Feed& feed = feeds[static_cast<std::size_t>(rectangle.first + i)];
        for (int row = feed.wanted_from; row < static_cast<int>(feed.tokens.size()); ++row) {
            rows.emplace_back(i, row);
        }
    }
    parallel_for(threads_, threads_, [&](int worker) {
        for (auto i = static_cast<std::size_t>(worker); i < rows.size();
             i += static_cast<std::size_t>(threads_)) {
            body(rows[i].first, rows[i].second, worker);
        }
    });
}

/// The rows of the worlds that read together. Their streams are the same; `fullest` has the cells
/// of the world that holds most.
Lockstep::Tail Lockstep::tail_of(const Group& group, int piece) const {
    Tail tail;
    tail.feeds.resize(worlds_.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
        const auto [first, end] = rows_of(group[i], piece, shape_);
        if (first == end) {
            continue;
        }
        tail.readings.push_back(&group[i]);
        tail.first.push_back(first);
        for (std::size_t world = 0; world < worlds_.size(); ++world) {
            if (together(world)) {
                tail.feeds[world].push_back(
                    tail_feed(group[i], world, static_cast<int>(i), piece, shape_));
            }
        }
        Feed feed = tail.feeds[0].back();
        for (const auto& feeds : tail.feeds) {
            feed.position =
                feeds.empty() ? feed.position : std::max(feed.position, feeds.back().position);
        }
        tail.fullest.push_back(std::move(feed));
    }
    return tail;
}

void Lockstep::visit_together(const Rectangle& rectangle, const Tail& tail,
                              const Visit& visit) const {
    visit_rows(rectangle, tail.feeds[0], [&](int feed, int row, int worker) {
        const auto at = static_cast<std::size_t>(rectangle.first + feed);
        const PassageReading& reading = *tail.readings[at];
        std::vector<std::span<const float>> logits(worlds_.size());
        for (std::size_t world = 0; world < worlds_.size(); ++world) {
            if (!worlds_[world].apart) {
                const auto source = worlds_[world].shares ? 0 : world;
                logits[world] = worlds_[source].evaluator->logits(rectangle.row_of(feed, row));
            }
        }
        visit({.passage = reading.index,
               .position = tail.first[at] + row - (reading.shared - 1),
               .logits = logits,
               .worker = worker});
    });
}

/// Positions of worlds that share.
void Lockstep::count_shared(const Rectangle& rectangle, const Tail& tail) {
    long positions = 0;
    for (int i = 0; i < rectangle.count; ++i) {
        const Feed& feed = tail.feeds[0][static_cast<std::size_t>(rectangle.first + i)];
        positions += static_cast<long>(feed.tokens.size()) - feed.wanted_from;
    }
    for (std::size_t world = 0; world < worlds_.size(); ++world) {
        counts_[world].shared += worlds_[world].shares ? positions : 0;
    }
}

WriterCounts Lockstep::counts() const {
    WriterCounts sum;
    for (const auto& counts : counts_) {
        sum += counts;
    }
    return sum;
}

void Lockstep::read_tail(const Group& group, int piece, const Visit& visit) {
    const Tail tail = tail_of(group, piece);
    const int free_stream = static_cast<int>(group.size());
    for (const auto& rectangle : pack(tail.fullest, shape_, free_stream)) {
        for (std::size_t world = 0; world < worlds_.size(); ++world) {
            if (together(world)) {
                const auto& feeds = tail.feeds[world];
                call(world, in_world(rectangle, feeds), feeds, free_stream);
            }
        }
        visit_together(rectangle, tail, visit);
        count_shared(rectangle, tail);
        for (std::size_t world = 0; world < worlds_.size(); ++world) {
            if (worlds_[world].apart) {
                read_apart(group, world, rectangle, tail.feeds[0], piece, visit);
            }
        }
    }
}

/// Reads the selected passages of a rectangle in a world of its own streams, while the first
/// world's logits are still there.
void Lockstep::read_apart(const Group& group, std::size_t world, const Rectangle& together,
                          std::span<const Feed> feeds, int piece, const Visit& visit) {
    struct Seat {
        Feed feed;
        int together;  // feed of the rectangle in the first world
        const PassageReading* reading;
    };
    const auto stream_of = streams(group, world);
    std::vector<Seat> seats;
    for (int i = 0; i < together.count; ++i) {
        const auto at =
            static_cast<std::size_t>(feeds[static_cast<std::size_t>(together.first + i)].stream);
        if (stream_of[at] >= 0) {
            seats.push_back({.feed = tail_feed(group[at], world, stream_of[at], piece, shape_),
                             .together = i,
                             .reading = &group[at]});
        }
    }
    std::ranges::sort(seats, {}, [](const Seat& seat) { return seat.feed.stream; });
    std::vector<Feed> own;
    own.reserve(seats.size());
    for (const auto& seat : seats) {
        own.push_back(seat.feed);
    }
    const int free_stream = static_cast<int>(group.size());
    for (const auto& rectangle : pack(own, shape_, free_stream)) {
        call(world, rectangle, own, free_stream);
        visit_rows(rectangle, own, [&](int feed, int row, int worker) {
            const Seat& seat = seats[static_cast<std::size_t>(rectangle.first + feed)];
            std::vector<std::span<const float>> logits(worlds_.size());
            logits[0] = worlds_[0].evaluator->logits(together.row_of(seat.together, row));
            logits[world] = worlds_[world].evaluator->logits(rectangle.row_of(feed, row));
            visit({.passage = seat.reading->index,
                   .position = rows_of(*seat.reading, piece, shape_).first + row -
                               (seat.reading->shared - 1),
                   .logits = logits,
                   .worker = worker});
        });
    }
}

}  // namespace otherwise
