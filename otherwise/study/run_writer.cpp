#include "otherwise/study/run_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/study/law_rows.h"
#include "otherwise/study/lists.h"
#include "otherwise/study/new_database.h"
#include "otherwise/study/schema.h"

namespace otherwise {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(250);
constexpr std::size_t kManyPairs = 512;
constexpr int kOutcomeDigits = 4;  // of probabilities of other tokens
constexpr double kLeastOutcome = 0.001;

using Clock = std::chrono::steady_clock;

/// Adds the time of a scope.
class Timer {
public:
    explicit Timer(double& seconds) : seconds_(seconds) {}
    ~Timer() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

private:
    double& seconds_;
    Clock::time_point start_ = Clock::now();
};

/// [[position, [[token, probability], …]], …]
std::string becomes_text(const std::vector<Becomes>& becomes) {
    std::string text = "[";
    for (const auto& [position, tokens] : becomes) {
        text += (text.size() == 1 ? "[" : ",[") + std::to_string(position) + ",[";
        bool first = true;
        for (const auto& [token, probability] : tokens) {
            if (probability < kLeastOutcome) {
                continue;
            }
            text += (first ? "[" : ",[") + std::to_string(token) + ",";
            const std::string number = write_list(std::array{probability}, kOutcomeDigits);
            text.append(number, 1, number.size() - 2).append("]");
            first = false;
        }
        text += "]]";
    }
    return text + "]";
}

void bind_divergence(Statement& row, int first, const Divergence& at) {
    if (at.runner_up < 0) {
        row.bind_null(first);
    } else {
        row.bind(first, at.runner_up);
    }
    row.bind(first + 1, at.margin);
}

/// The path, of a file that is ours; nothing is changed in any other.
std::filesystem::path checked(const std::filesystem::path& path) {
    const Database database(path, OpenMode::read);
    require_ours(database);
    return path;
}

}  // namespace

/// One process at a time writes a run. The lock goes with the process, however it ends; it is the
/// file's, whatever its name.
class RunWriter::Lock {
public:
    explicit Lock(const std::filesystem::path& path)
        : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
        if (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) != 0) {
            ::close(file_);
            fail({.where = "RunWriter",
                  .expected = "'" + path.string() + "' for this run alone",
                  .came = "a file that another run is writing",
                  .advice = "wait until that run is done"});
        }
    }
    ~Lock() {
        if (file_ >= 0) {
            ::close(file_);
        }
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    int file_;
};

struct RunWriter::WaitingLaw {
    LawRow row;
    std::string outcomes;  // "" where every token stays
};

struct RunWriter::Statements {
    explicit Statements(const Database& d)
        : draw(d.prepare("INSERT OR IGNORE INTO draws VALUES (?, ?, ?, ?, ?, ?, 0)")),
          pair(d.prepare("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
          prompt(d.prepare("INSERT OR IGNORE INTO prompts VALUES (?, ?, ?)")),
          piece(d.prepare("INSERT OR IGNORE INTO pieces VALUES (?, ?, ?, ?)")),
          state(d.prepare("UPDATE strings SET state = ? WHERE string = ?")),
          law(d.prepare(insert_law())),
          outcomes(d.prepare("INSERT INTO outcomes VALUES (?, ?, ?, ?)")),
          law_state(d.prepare("UPDATE draws SET law = ? WHERE string = ? AND sample = ?")),
          batch(d.prepare("INSERT INTO batches (finished, pairs, laws, store_seconds) VALUES "
                          "(strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?, ?, ?)")) {}

    Statement draw;
    Statement pair;
    Statement prompt;
    Statement piece;
    Statement state;
    Statement law;
    Statement outcomes;
    Statement law_state;
    Statement batch;
};

std::unique_ptr<RunWriter::Lock> RunWriter::make_file(const std::filesystem::path& path,
                                                      const RunHead& head) {
    NewDatabase file(path);
    auto lock = std::make_unique<Lock>(file.path());
    {
        Database database(file.path(), OpenMode::write, path);
        migrate(database);
        Transaction transaction(database);
        write_head(database, head);
        database.run("INSERT INTO meta VALUES ('created', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
        transaction.commit();
    }
    file.commit();
    return lock;
}

RunWriter::RunWriter(const std::filesystem::path& path, const RunHead& head, PieceOf piece)
    : lock_(make_file(path, head)), database_(path, OpenMode::write), piece_(std::move(piece)) {
    prepare();
}

RunWriter::RunWriter(const std::filesystem::path& path, PieceOf piece)
    : lock_(std::make_unique<Lock>(checked(path))),
      database_(path, OpenMode::write),
      piece_(std::move(piece)) {
    migrate(database_);
    require_schema(database_);
    prepare();
}

RunWriter::~RunWriter() = default;

void RunWriter::prepare() {
    head_ = read_head(database_);
    sql_ = std::make_unique<Statements>(database_);
    auto tokens = database_.prepare("SELECT token FROM pieces");
    while (tokens.step()) {
        known_.insert(static_cast<Token>(tokens.integer(0)));
    }
}

void RunWriter::set_files(const RunHead& now) {
    if (head_.files == now.files) {
        return;
    }
    Transaction transaction(database_);
    rename_files(database_, now);
    transaction.commit();
    head_.files = now.files;
    head_.model = now.model;
}

void RunWriter::begin(const Machine& machine) {
    auto insert = database_.prepare(
        "INSERT INTO sittings (started, version, llama, backend, features, threads, parallel) "
        "VALUES (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?, ?, ?, ?, ?, ?)");
    insert.bind(0, std::string_view(machine.version));
    insert.bind(1, std::string_view(machine.llama));
    insert.bind(2, std::string_view(machine.backend));
    insert.bind(3, std::string_view(machine.features));
    insert.bind(4, machine.threads);
    insert.bind(5, machine.parallel);
    insert.run();
    sitting_ = database_.number("SELECT max(sitting) FROM sittings").value_or(0);
}

void RunWriter::add(const Pair& pair) {
    const Timer timer(store_seconds_);
    if (!current_.empty() && current_.front().string != pair.string) {
        fail({.where = "RunWriter",
              .expected = "all pairs of string " + std::to_string(current_.front().string),
              .came = "one of string " + std::to_string(pair.string)});
    }
    current_.push_back(pair);
    if (!pair.unchanged() && !pair.independent) {
        acted_.insert(pair.world);
    }
    const auto string = static_cast<std::size_t>(pair.string);
    if (std::ssize(current_) == head_.pairs_of(string)) {
        std::ranges::move(current_, std::back_inserter(whole_));
        current_.clear();
        states_.emplace_back(pair.string, StringState::done);
        head_.strings[string].state = StringState::done;
    }
}

void RunWriter::skip(int string) {
    states_.emplace_back(string, StringState::skipped);
    head_.strings[static_cast<std::size_t>(string)].state = StringState::skipped;
}

void RunWriter::finish(int string) {
    states_.emplace_back(string, StringState::done);
    head_.strings[static_cast<std::size_t>(string)].state = StringState::done;
}

void RunWriter::add(const StringLaw& law, const std::vector<Becomes>& becomes) {
    const Timer timer(store_seconds_);
    const auto differs = [](const Comparison& at) { return at.kl > 0.0 || at.log_p != at.log_q; };
    if (std::ranges::any_of(law.at, differs)) {
        acted_.insert(law.world);
    }
    laws_.push_back(
        {.row = law_row(law), .outcomes = becomes.empty() ? "" : becomes_text(becomes)});
    for (const auto& entry : becomes) {
        for (const auto& [token, probability] : entry.tokens) {
            fresh_.insert(token);
        }
    }
}

void RunWriter::law_done(int string, int sample, bool none) {
    law_states_.emplace_back(string, sample, none ? 2 : 1);
}

void RunWriter::set_acted(std::size_t world) { acted_.insert(static_cast<int>(world)); }

void RunWriter::write_acted() {
    for (const int world : acted_) {
        auto& stored = head_.worlds[static_cast<std::size_t>(world)].acted;
        if (!stored) {
            auto update = database_.prepare("UPDATE worlds SET acted = 1 WHERE world = ?");
            update.bind(0, world);
            update.run();
            stored = true;
        }
    }
}

void RunWriter::remember(const Tokens& tokens) { fresh_.insert(tokens.begin(), tokens.end()); }

std::string RunWriter::text_of(const Written& written) {
    std::string text;
    for (const Token token : written.tokens) {
        auto found = pieces_.find(token);
        if (found == pieces_.end()) {
            found = pieces_.emplace(token, piece_(token)).first;
        }
        if (!found->second.ends) {
            text += found->second.bytes;
        }
    }
    return to_utf8(text);
}

void RunWriter::write_pairs() {
    for (const Pair& pair : whole_) {
        auto& draw = sql_->draw;
        draw.bind(0, pair.string);
        draw.bind(1, pair.sample);
        draw.bind(2, std::string_view(write_list(pair.factual->tokens)));
        draw.bind(3, pair.factual->ended ? 1 : 0);
        draw.bind(4, pair.observed ? 1 : 0);
        draw.bind(5, std::string_view(text_of(*pair.factual)));
        draw.run();
        auto& row = sql_->pair;
        row.bind(0, pair.string);
        row.bind(1, pair.sample);
        row.bind(2, pair.world);
        row.bind(3, pair.independent ? 1 : 0);
        row.bind(4, std::string_view(write_list(pair.counterfactual.tokens)));
        row.bind(5, pair.counterfactual.ended ? 1 : 0);
        row.bind(6, pair.lcp);
        row.bind(7, pair.unchanged() ? 1 : 0);
        row.bind(8, pair.margin);
        row.bind(9, std::string_view(text_of(pair.counterfactual)));
        bind_divergence(row, 10, pair.divergence.value_or(Divergence{}));
        row.run();
        remember(pair.factual->tokens);
        remember(pair.counterfactual.tokens);
        if (pair.divergence && pair.divergence->runner_up >= 0) {
            remember({pair.divergence->runner_up});
        }
        if (pair.world_prompt) {
            auto& prompt = sql_->prompt;
            prompt.bind(0, pair.string);
            prompt.bind(1, pair.world);
            prompt.bind(2, std::string_view(write_list(*pair.world_prompt)));
            prompt.run();
            remember(*pair.world_prompt);
        }
    }
    for (const auto& [string, state] : states_) {
        sql_->state.bind(0, static_cast<int>(state));
        sql_->state.bind(1, string);
        sql_->state.run();
    }
}

void RunWriter::write_laws() {
    for (const auto& law : laws_) {
        bind(sql_->law, law.row);
        sql_->law.run();
        if (!law.outcomes.empty()) {
            auto& outcomes = sql_->outcomes;
            outcomes.bind(0, law.row.string);
            outcomes.bind(1, law.row.sample);
            outcomes.bind(2, law.row.world);
            outcomes.bind(3, std::string_view(law.outcomes));
            outcomes.run();
        }
    }
    for (const auto& [string, sample, state] : law_states_) {
        sql_->law_state.bind(0, state);
        sql_->law_state.bind(1, string);
        sql_->law_state.bind(2, sample);
        sql_->law_state.run();
    }
}

void RunWriter::write_piece(Token token) {
    const Piece piece = piece_(token);
    sql_->piece.bind(0, token);
    sql_->piece.bind_blob(1, piece.bytes);
    sql_->piece.bind_blob(2, piece.special);
    sql_->piece.bind(3, piece.ends ? 1 : 0);
    sql_->piece.run();
}

void RunWriter::flush() {
    if (whole_.empty() && states_.empty() && laws_.empty() && law_states_.empty()) {
        return;
    }
    const double before = store_seconds_;
    const Timer timer(store_seconds_);
    const auto start = Clock::now();
    Transaction transaction(database_);
    write_pairs();
    write_laws();
    write_acted();
    std::vector<Token> fresh;
    std::ranges::set_difference(fresh_, known_, std::back_inserter(fresh));
    std::ranges::for_each(fresh, [&](Token token) { write_piece(token); });
    sql_->batch.bind(0, static_cast<std::int64_t>(whole_.size()));
    sql_->batch.bind(1, static_cast<std::int64_t>(laws_.size()));
    sql_->batch.bind(2, before + std::chrono::duration<double>(Clock::now() - start).count());
    sql_->batch.run();
    transaction.commit();
    known_.insert(fresh.begin(), fresh.end());
    fresh_.clear();
    whole_.clear();
    states_.clear();
    laws_.clear();
    law_states_.clear();
    flushed_ = Clock::now();
}

void RunWriter::flush_sometimes() {
    if (whole_.size() + laws_.size() >= kManyPairs || Clock::now() - flushed_ >= kPatience) {
        flush();
    }
}

void RunWriter::end(const Sitting& sitting) {
    flush();
    Transaction transaction(database_);
    write_acted();
    auto update = database_.prepare(
        "UPDATE sittings SET pairs = ?, seconds = ?, backend_seconds = ?, law_seconds = ?, "
        "store_seconds = ? WHERE sitting = ?");
    update.bind(0, static_cast<std::int64_t>(sitting.pairs));
    update.bind(1, sitting.seconds);
    update.bind(2, sitting.backend_seconds);
    update.bind(3, sitting.law_seconds);
    update.bind(4, store_seconds_);
    update.bind(5, sitting_);
    update.run();
    transaction.commit();
    if (is_finished(database_, head_)) {
        database_.settle();
    }
}

}  // namespace otherwise
