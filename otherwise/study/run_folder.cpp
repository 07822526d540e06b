#include "otherwise/study/run_folder.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/study/head_tables.h"
#include "otherwise/study/same_study.h"
#include "otherwise/study/schema.h"

namespace otherwise {
namespace {

namespace fs = std::filesystem;

constexpr int kOpenFiles = 64;
constexpr int kStringsOfFile = 256;  ///< of a block
constexpr int kMostStrings = 16'384;

std::vector<fs::path> shards_in(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        std::error_code ignored;
        if (entry.path().extension() == ".db" && !entry.is_directory(ignored)) {
            files.push_back(entry.path());
        }
    }
    if (error || files.empty()) {
        fail({.where = "RunFolder",
              .expected = "a folder of shards, files *.db as `otherwise run --shard` makes them",
              .came = "'" + folder.string() + "' " +
                      (error ? "(" + error.message() + ")" : "without any")});
    }
    std::ranges::sort(files);
    return files;
}

void add_worlds(const RunHead& part, RunHead& head) {
    for (std::size_t w = 0; w < std::min(head.worlds.size(), part.worlds.size()); ++w) {
        head.worlds[w].acted = head.worlds[w].acted || part.worlds[w].acted;
    }
    for (const auto& file : part.files) {
        if (std::ranges::find(head.files, file.path, &StoredFile::path) == head.files.end()) {
            head.files.push_back(file);
        }
    }
    for (const auto& probe : part.probes) {
        if (std::ranges::find(head.probes, probe.world, &StoredProbe::world) == head.probes.end()) {
            head.probes.push_back(probe);
        }
    }
}

void add_pieces(const std::vector<Piece>& part, std::vector<Piece>& pieces) {
    pieces.resize(std::max(pieces.size(), part.size()));
    for (std::size_t token = 0; token < part.size(); ++token) {
        if (pieces[token].special.empty() && pieces[token].bytes.empty()) {
            pieces[token] = part[token];
        }
    }
}

/// The strings that the file has, to those that no file before it had.
void add_strings(const Database& database, int file, RunHead& head, std::vector<int>& owner) {
    auto rows = database.prepare("SELECT string, state, id FROM strings WHERE state > 0");
    while (rows.step()) {
        const auto string = static_cast<std::size_t>(rows.integer(0));
        if (string >= owner.size() || head.strings[string].subject.id != rows.text(2)) {
            fail({.where = "RunFolder",
                  .expected = "shards of the same strings",
                  .came =
                      "'" + database.path().string() + "' with string " + std::to_string(string)});
        }
        if (owner[string] < 0) {
            owner[string] = file;
            head.strings[string].state = static_cast<StringState>(rows.whole(1));
        }
    }
}

/// Shards without a file, where all files are of the same number of shards.
std::vector<int> missing_of(const std::vector<Shard>& shards) {
    std::vector<int> missing;
    const int count = shards.front().count;
    const bool one = std::ranges::all_of(shards, [&](const auto& s) { return s.count == count; });
    for (int i = 1; one && i <= count; ++i) {
        if (std::ranges::find(shards, i, &Shard::index) == shards.end()) {
            missing.push_back(i);
        }
    }
    return missing;
}

long count_of(const Database& database, const char* sql) {
    return static_cast<long>(database.number(sql).value_or(0));
}

}  // namespace

RunFolder::RunFolder(const fs::path& folder, bool force)
    : RunFolder(folder.has_filename() ? folder : folder.parent_path(), read_shards(folder, force)) {
}

RunFolder::RunFolder(fs::path folder, std::shared_ptr<const Shards> all)
    : path_(std::move(folder)), all_(std::move(all)), open_(all_->files.size()) {}

std::shared_ptr<const RunFolder::Shards> RunFolder::read_shards(const fs::path& folder,
                                                                bool force) {
    auto all = std::make_shared<Shards>();
    all->files = shards_in(folder);
    std::vector<Shard> shards;
    for (std::size_t i = 0; i < all->files.size(); ++i) {
        const Database database(all->files[i], OpenMode::read);
        require_ours(database);
        RunHead part = i == 0 ? read_head(database) : read_facts(database);
        shards.push_back(part.shard);
        if (i == 0) {
            all->head = std::move(part);
            all->head.shard = {};
            for (auto& string : all->head.strings) {
                string.state = StringState::waiting;
            }
            all->owner.assign(all->head.strings.size(), -1);
        } else {
            require_same(all->head, part, all->files.front().string(),
                         "'" + all->files[i].string() + "'", force, Compared::facts);
            add_worlds(part, all->head);
        }
        add_strings(database, static_cast<int>(i), all->head, all->owner);
        add_pieces(*read_pieces(database), all->pieces);
        all->pairs += count_of(database, "SELECT count(*) FROM pairs");
        all->draws +=
            count_of(database, "SELECT count(*) FROM draws WHERE observed = 0 OR sample = 0");
        all->laws += count_of(database, "SELECT count(*) FROM draws WHERE law > 0");
        all->laws_done = all->laws_done && is_finished(database, RunHead{.laws = all->head.laws});
    }
    all->missing = missing_of(shards);
    return all;
}

std::unique_ptr<StoredRun> RunFolder::again() const {
    return std::unique_ptr<StoredRun>(new RunFolder(path_, all_));
}

RunProgress RunFolder::progress() const {
    RunProgress progress{.draws = all_->draws, .laws = all_->laws};
    for (const auto& string : head().strings) {
        ++progress.strings;
        progress.done += string.state == StringState::waiting ? 0 : 1;
        progress.skipped += string.state == StringState::skipped ? 1 : 0;
    }
    return progress;
}

bool RunFolder::finished() const { return progress().finished() && all_->laws_done; }

std::vector<StoredSitting> RunFolder::sittings() const {
    std::vector<StoredSitting> all;
    for (std::size_t i = 0; i < all_->files.size(); ++i) {
        std::ranges::move(reader(static_cast<int>(i)).sittings(), std::back_inserter(all));
    }
    return all;
}

const RunReader& RunFolder::reader(int file) const {
    auto& kept = open_[static_cast<std::size_t>(file)];
    if (!kept) {
        if (count_open_ == kOpenFiles) {
            for (auto& each : open_) {
                each.reset();
            }
            count_open_ = 0;
        }
        const std::shared_ptr<const RunHead> head(all_, &all_->head);
        const RunReader::Pieces pieces(all_, &all_->pieces);
        kept =
            std::make_unique<RunReader>(all_->files[static_cast<std::size_t>(file)], head, pieces);
        ++count_open_;
    }
    return *kept;
}

/// Block by block: `read(reader, add, part)` hands a file's rows of some strings to `add`.
template <typename Row, typename Read>
void RunFolder::each(const std::function<void(const Row&)>& take, RunPart part,
                     const Read& read) const {
    const auto strings = static_cast<int>(all_->owner.size());
    const int block = static_cast<int>(
        std::min<std::size_t>(kMostStrings, std::size_t{kStringsOfFile} * all_->files.size()));
    const int end = std::min(part.strings, strings);
    for (int first = std::max(part.first, 0); first < end; first += block) {
        const int last = std::min(first + block, end);
        std::vector<bool> wanted(all_->files.size());
        for (int i = first; i < last; ++i) {
            const int file = all_->owner[static_cast<std::size_t>(i)];
            if (file >= 0) {
                wanted[static_cast<std::size_t>(file)] = true;
            }
        }
        std::vector<Row> rows;
        for (int file = 0; file < static_cast<int>(wanted.size()); ++file) {
            if (wanted[static_cast<std::size_t>(file)]) {
                const auto add = [&](const Row& row) {
                    if (all_->owner[static_cast<std::size_t>(row.string)] == file) {
                        rows.push_back(row);
                    }
                };
                read(reader(file), add,
                     RunPart{.world = part.world, .strings = last, .first = first});
            }
        }
        std::ranges::stable_sort(rows, {}, &Row::string);
        std::ranges::for_each(rows, take);
    }
}

void RunFolder::each_pair(const std::function<void(const Pair&)>& take, RunPart part) const {
    each<Pair>(take, part,
               [](const RunReader& run, const auto& add, RunPart of) { run.each_pair(add, of); });
}

void RunFolder::each_law(const std::function<void(const StringLaw&)>& take, RunPart part) const {
    each<StringLaw>(take, part, [](const RunReader& run, const auto& add, RunPart of) {
        run.each_law(add, of);
    });
}

int RunFolder::string_of_draw(int n) const {
    constexpr int kAtOnce = 1024;
    std::pair<int, int> last{-1, -1};
    int seen = 0;
    int found = -1;
    const auto strings = static_cast<int>(all_->owner.size());
    for (int first = 0; first < strings && seen < n; first += kAtOnce) {
        each_pair(
            [&](const Pair& pair) {
                const std::pair draw(pair.string, pair.sample);
                if (!pair.independent && draw != last && seen < n) {
                    last = draw;
                    found = pair.string;
                    ++seen;
                }
            },
            {.strings = first + kAtOnce, .first = first});
    }
    return found;
}

std::vector<Becomes> RunFolder::becomes(int string, int sample, int world) const {
    const int file = all_->owner.at(static_cast<std::size_t>(string));
    return file < 0 ? std::vector<Becomes>{} : reader(file).becomes(string, sample, world);
}

void RunFolder::each_draw(const TakeDraw& take) const {
    struct Draw {
        int string;
        int sample;
        bool observed;
        std::shared_ptr<const Written> written;
    };
    std::vector<Draw> draws;
    for (int file = 0; file < static_cast<int>(all_->files.size()); ++file) {
        reader(file).each_draw([&](int string, int sample, bool observed, const auto& written) {
            if (all_->owner[static_cast<std::size_t>(string)] == file) {
                draws.push_back({string, sample, observed, written});
            }
        });
    }
    std::ranges::stable_sort(draws, {}, &Draw::string);
    for (const auto& draw : draws) {
        take(draw.string, draw.sample, draw.observed, draw.written);
    }
}

const Piece& RunFolder::piece(Token token) const {
    static const Piece kNone;
    const auto at = static_cast<std::size_t>(token);  // a negative one is beyond the end
    return at < all_->pieces.size() ? all_->pieces[at] : kNone;
}

std::unique_ptr<StoredRun> open_run(const fs::path& path, bool force) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        return std::make_unique<RunFolder>(path, force);
    }
    return std::make_unique<RunReader>(path);
}

}  // namespace otherwise
