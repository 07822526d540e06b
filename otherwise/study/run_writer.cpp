#include "otherwise/study/run_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/study/head_tables.h"
#include "otherwise/study/law_rows.h"
#include "otherwise/study/new_database.h"
#include "otherwise/study/packed_list.h"
#include "otherwise/study/schema.h"

namespace otherwise {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(250);
constexpr std::size_t kManyPairs = 512;

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

/// The path, of a file that is ours; nothing is changed in any other.
std::filesystem::path checked(const std::filesystem::path& path) {
    const Database database(path, OpenMode::read);
    require_ours(database);
    return path;
}

}  // namespace

struct RunWriter::WaitingLaw {
    LawRow row;
    std::string outcomes;  // "" where every token stays
};

RunLock RunWriter::make_file(const std::filesystem::path& path, const RunHead& head) {
    NewDatabase file(path);
    RunLock lock(file.path());
    {
        Database database(file.path(), OpenMode::write, path);
        migrate(database);
        {
            Transaction transaction(database);
            write_head(database, head);
            database.run(
                "INSERT INTO meta VALUES ('created', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
            transaction.commit();
        }
        database.settle();  // closing it would do so, and not tell where the disk refuses
    }
    file.commit();
    return lock;
}

RunWriter::RunWriter(const std::filesystem::path& path, const RunHead& head, PieceOf piece)
    : lock_(make_file(path, head)), database_(path, OpenMode::write), piece_(std::move(piece)) {
    prepare();
}

RunWriter::RunWriter(const std::filesystem::path& path, PieceOf piece)
    : lock_(checked(path)), database_(path, OpenMode::write), piece_(std::move(piece)) {
    migrate(database_);
    require_schema(database_);
    prepare();
}

RunWriter::~RunWriter() = default;

void RunWriter::prepare() {
    head_ = read_head(database_);
    rows_.emplace(database_);
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
        {.row = law_row(law), .outcomes = becomes.empty() ? "" : pack_becomes(becomes)});
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
        rows_->write(pair, text_of(*pair.factual), text_of(pair.counterfactual));
        remember(pair.factual->tokens);
        remember(pair.counterfactual.tokens);
        if (pair.divergence && pair.divergence->runner_up >= 0) {
            remember({pair.divergence->runner_up});
        }
        if (pair.world_prompt) {
            remember(*pair.world_prompt);
        }
    }
    for (const auto& [string, state] : states_) {
        rows_->write_state(string, state);
    }
}

void RunWriter::write_laws() {
    for (const auto& law : laws_) {
        rows_->write(law.row, law.outcomes);
    }
    for (const auto& [string, sample, state] : law_states_) {
        rows_->write_law_state(string, sample, state);
    }
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
    std::ranges::for_each(fresh, [&](Token token) { rows_->write(token, piece_(token)); });
    rows_->write_batch(whole_.size(), laws_.size(),
                       before + std::chrono::duration<double>(Clock::now() - start).count());
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
