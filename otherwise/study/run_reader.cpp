#include "otherwise/study/run_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "otherwise/base/error.h"
#include "otherwise/study/law_rows.h"
#include "otherwise/study/lists.h"
#include "otherwise/study/schema.h"
#include "otherwise/study/sound_head.h"
#include "otherwise/study/sound_rows.h"

namespace otherwise {

RunReader::Pieces read_pieces(const Database& database) {
    std::vector<Piece> pieces;
    auto rows = database.prepare("SELECT token, piece, special, ends FROM pieces ORDER BY token");
    while (rows.step()) {
        const auto token = rows.integer(0);
        if (token < 0 || token > kLargestToken) {
            fail({.where = "RunReader",
                  .expected = "tokens from 0 on in the table pieces",
                  .came = std::to_string(token)});
        }
        pieces.resize(static_cast<std::size_t>(token) + 1);
        pieces.back() = {.bytes = std::string(rows.text(1)),
                         .special = std::string(rows.text(2)),
                         .ends = rows.integer(3) != 0};
    }
    return std::make_shared<const std::vector<Piece>>(std::move(pieces));
}

namespace {

std::shared_ptr<const RunHead> read_our_head(const Database& database) {
    require_ours(database);
    return std::make_shared<const RunHead>(read_head(database));
}

Written read_written(const Statement& row, int tokens, int ended) {
    return {.tokens = read_token_list(row.text(tokens)), .ended = row.integer(ended) != 0};
}

/// The second of the race at a divergence; nothing of it in files of versions without.
Divergence read_decision(const Statement& row, int first) {
    Divergence decided;
    if (!row.is_null(first)) {
        decided.runner_up = row.whole(first);
    }
    if (!row.is_null(first + 1)) {
        decided.margin = row.real(first + 1);
    }
    return decided;
}

/// A part's condition on a table's rows. None for all strings, where numbers that no string has are
/// read, and refused, as well.
std::string in_part(const RunPart& part, const std::string& table) {
    std::string condition = "(?1 < 0 OR " + table + ".world = ?1)";
    if (part.first > 0) {
        condition += " AND " + table + ".string >= " + std::to_string(part.first);
    }
    if (part.strings < RunPart{}.strings) {
        condition += " AND " + table + ".string < " + std::to_string(part.strings);
    }
    return condition;
}

}  // namespace

RunReader::RunReader(const std::filesystem::path& path)
    : database_(path, OpenMode::read),
      shared_head_(read_our_head(database_)),
      head_(*shared_head_),
      pieces_(read_pieces(database_)) {}

RunReader::RunReader(const std::filesystem::path& path, std::shared_ptr<const RunHead> head,
                     Pieces pieces)
    : database_(path, OpenMode::read),
      shared_head_(std::move(head)),
      head_(*shared_head_),
      pieces_(std::move(pieces)) {}

std::unique_ptr<StoredRun> RunReader::again() const {
    return std::make_unique<RunReader>(path(), shared_head_, pieces_);
}

RunProgress RunReader::progress() const {
    RunProgress progress;
    for (std::size_t i = 0; i < head_.strings.size(); ++i) {
        if (head_.shard.has(i)) {
            ++progress.strings;
            progress.done += head_.strings[i].state == StringState::waiting ? 0 : 1;
            progress.skipped += head_.strings[i].state == StringState::skipped ? 1 : 0;
        }
    }
    progress.draws = static_cast<long>(
        database_.number("SELECT count(*) FROM draws WHERE observed = 0 OR sample = 0")
            .value_or(0));
    progress.laws =
        static_cast<long>(database_.number("SELECT count(*) FROM draws WHERE law > 0").value_or(0));
    return progress;
}

std::vector<StoredSitting> RunReader::sittings() const {
    std::vector<StoredSitting> sittings;
    auto rows = database_.prepare(
        "SELECT started, version, llama, backend, features, threads, parallel, pairs, seconds, "
        "backend_seconds, law_seconds, store_seconds FROM sittings ORDER BY sitting");
    while (rows.step()) {
        sittings.push_back({.started = std::string(rows.text(0)),
                            .machine = {.version = std::string(rows.text(1)),
                                        .llama = std::string(rows.text(2)),
                                        .backend = std::string(rows.text(3)),
                                        .features = std::string(rows.text(4)),
                                        .threads = rows.whole(5),
                                        .parallel = rows.whole(6)},
                            .totals = {.pairs = static_cast<long>(rows.integer(7)),
                                       .seconds = rows.real(8),
                                       .backend_seconds = rows.real(9),
                                       .law_seconds = rows.real(10)},
                            .store_seconds = rows.real(11)});
    }
    return sittings;
}

long RunReader::pair_count() const {
    return static_cast<long>(database_.number("SELECT count(*) FROM pairs").value_or(0));
}

int RunReader::longest(int world) const {
    auto rows = database_.prepare("SELECT tokens FROM pairs WHERE world = ?");
    rows.bind(0, world);
    std::size_t most = 0;
    while (rows.step()) {
        most = std::max(most, read_token_list(rows.text(0)).size());
    }
    return static_cast<int>(most);
}

int RunReader::string_of_draw(int n) const {
    auto rows = database_.prepare(
        "SELECT max(string) FROM (SELECT DISTINCT string, sample FROM pairs WHERE independent = 0 "
        "ORDER BY string, sample LIMIT ?)");
    rows.bind(0, n);
    if (!rows.step() || rows.is_null(0)) {
        return -1;
    }
    const int string = rows.whole(0);
    SoundRows(head_, path(), "pairs").take(string, 0, 0);
    return string;
}

void RunReader::each_pair(const std::function<void(const Pair&)>& take, RunPart part) const {
    auto rows = database_.prepare(
        "SELECT p.string, p.sample, p.world, p.independent, p.tokens, p.ended, p.lcp, p.margin, "
        "d.tokens, d.ended, d.observed, w.tokens, " +
        column_or_null(database_, "pairs", "runner_up") + ", " +
        column_or_null(database_, "pairs", "runner_up_margin") +
        " FROM pairs p "
        "JOIN draws d USING (string, sample) "
        "LEFT JOIN prompts w ON w.string = p.string AND w.world = p.world "
        "WHERE " +
        in_part(part, "p") + " ORDER BY p.string, p.sample, p.world, p.independent");
    rows.bind(0, part.world);
    SoundRows sound(head_, path(), "pairs");
    std::shared_ptr<const Written> factual;
    std::pair<int, int> draw{-1, -1};
    while (rows.step()) {
        Pair pair;
        pair.string = rows.whole(0);
        pair.sample = rows.whole(1);
        pair.world = rows.whole(2);
        pair.independent = rows.integer(3) != 0;
        sound.take(pair.string, pair.sample, pair.world, pair.independent);
        pair.role = head_.worlds[static_cast<std::size_t>(pair.world)].role;
        pair.counterfactual = read_written(rows, 4, 5);
        pair.lcp = rows.whole(6);
        pair.margin = rows.is_null(7) ? kInfinity : rows.real(7);
        if (draw != std::pair(pair.string, pair.sample)) {
            draw = {pair.string, pair.sample};
            factual = std::make_shared<const Written>(read_written(rows, 8, 9));
        }
        pair.factual = factual;
        if (!pair.independent && !pair.unchanged()) {
            pair.divergence = divergence_of(pair, read_decision(rows, 12));
        }
        pair.observed = rows.integer(10) != 0;
        if (!rows.is_null(11)) {
            pair.world_prompt = std::make_shared<const Tokens>(read_token_list(rows.text(11)));
        }
        sound.check(pair);
        take(pair);
    }
}

void RunReader::each_law(const std::function<void(const StringLaw&)>& take, RunPart part) const {
    constexpr int kLists = 6;
    auto rows = database_.prepare(
        "SELECT l.string, l.sample, l.world, d.tokens, d.ended, d.observed, " + law_lists() +
        " FROM laws l JOIN draws d USING (string, sample) "
        "WHERE " +
        in_part(part, "l") + " ORDER BY l.string, l.sample, l.world");
    rows.bind(0, part.world);
    SoundRows sound(head_, path(), "laws");
    while (rows.step()) {
        StringLaw law;
        law.string = rows.whole(0);
        law.sample = rows.whole(1);
        law.world = rows.whole(2);
        sound.take(law.string, law.sample, law.world);
        law.role = head_.worlds[static_cast<std::size_t>(law.world)].role;
        law.written = std::make_shared<const Written>(read_written(rows, 3, 4));
        law.observed = rows.integer(5) != 0;
        read_law(rows, kLists, law);
        sound.check(law);
        take(law);
    }
}

std::vector<Becomes> RunReader::becomes(int string, int sample, int world) const {
    auto rows = database_.prepare(
        "SELECT o.outcomes, d.tokens FROM outcomes o JOIN draws d USING (string, sample) "
        "WHERE o.string = ? AND o.sample = ? AND o.world = ?");
    rows.bind(0, string);
    rows.bind(1, sample);
    rows.bind(2, world);
    return rows.step() ? read_becomes(rows.text(0), read_token_list(rows.text(1)).size(), path())
                       : std::vector<Becomes>{};
}

void RunReader::each_draw(const TakeDraw& take) const {
    auto rows = database_.prepare(
        "SELECT string, sample, observed, tokens, ended FROM draws ORDER BY string, sample");
    SoundRows sound(head_, path(), "draws");
    while (rows.step()) {
        const auto written = std::make_shared<const Written>(read_written(rows, 3, 4));
        sound.take(rows.whole(0), rows.whole(1), 0);
        sound.check(written->tokens);
        take(rows.whole(0), rows.whole(1), rows.integer(2) != 0, written);
    }
}

std::vector<std::pair<int, int>> RunReader::draws_without_law() const {
    std::vector<std::pair<int, int>> draws;
    auto rows = database_.prepare(
        "SELECT string, sample FROM draws WHERE law = 0 AND (observed = 0 OR sample = 0) "
        "ORDER BY string, sample");
    while (rows.step()) {
        draws.emplace_back(rows.whole(0), rows.whole(1));
    }
    return draws;
}

const Piece& RunReader::piece(Token token) const {
    static const Piece kNone;
    const auto at = static_cast<std::size_t>(token);  // a negative one is beyond the end
    return at < pieces_->size() ? (*pieces_)[at] : kNone;
}

}  // namespace otherwise
