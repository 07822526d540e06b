// What a process did to the files of a folder, in order, and the disks that a power cut can leave.
//
// The model is a file system of the usual kind (ext4, xfs, btrfs):
//   - What was written to a file before its last sync is there. After it, each sector of 512 bytes
//     has what one of the writes since left in it, or what it had before, whatever its neighbours
//     have; the file is as long as it was after one of them. Holes are zeros.
//   - Files are created, removed and renamed in order: what the disk has of that is a beginning,
//     and a sync of a file or of the folder brings all of it so far.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace otherwise::test {

using Disk = std::map<std::string, std::string>;  ///< the files of a folder, by name

struct DiskEvent {
    enum class Kind { create, write, truncate, sync, remove, rename, sync_folder };

    Kind kind;
    int file = -1;
    std::string name{};   ///< of the file that is created, removed; after it is renamed
    std::size_t at = 0;   ///< where bytes go; how long a truncated file is
    std::string bytes{};  ///< that are written

    [[nodiscard]] bool syncs() const { return kind == Kind::sync || kind == Kind::sync_folder; }
    [[nodiscard]] bool of_folder() const {
        return kind == Kind::create || kind == Kind::remove || kind == Kind::rename;
    }
};

class DiskLog {
public:
    using Kind = DiskEvent::Kind;

    explicit DiskLog(const Disk& before) {
        for (const auto& [name, bytes] : before) {
            before_.push_back(bytes);
            names_before_[name] = count_++;
        }
        names_ = names_before_;
    }

    [[nodiscard]] const std::vector<DiskEvent>& events() const { return events_; }
    [[nodiscard]] const std::map<std::string, int>& names_before() const { return names_before_; }
    [[nodiscard]] std::string before(int file) const {
        const auto i = static_cast<std::size_t>(file);
        return i < before_.size() ? before_[i] : "";
    }

    /// The file of this name; one that was not there is created.
    int open(const std::string& name) {
        const auto [found, created] = names_.emplace(name, count_);
        if (created) {
            events_.push_back({.kind = Kind::create, .file = count_++, .name = name});
        }
        return found->second;
    }
    void write(int file, std::size_t at, std::string bytes) {
        events_.push_back({.kind = Kind::write, .file = file, .at = at, .bytes = std::move(bytes)});
    }
    void truncate(int file, std::size_t size) {
        events_.push_back({.kind = Kind::truncate, .file = file, .at = size});
    }
    void sync(int file) { events_.push_back({.kind = Kind::sync, .file = file}); }
    void sync_folder() { events_.push_back({.kind = Kind::sync_folder}); }
    void remove(const std::string& name) {
        if (const auto found = names_.find(name); found != names_.end()) {
            events_.push_back({.kind = Kind::remove, .file = found->second, .name = name});
            names_.erase(found);
        }
    }
    void rename(const std::string& from, const std::string& to) {
        if (const auto found = names_.find(from); found != names_.end()) {
            const int file = found->second;
            events_.push_back({.kind = Kind::rename, .file = file, .name = to});
            names_.erase(found);
            names_[to] = file;
        }
    }
    /// By a sync that a file of this name gets elsewhere.
    void sync(const std::string& name) {
        if (const auto found = names_.find(name); found != names_.end()) {
            sync(found->second);
        }
    }

private:
    std::vector<DiskEvent> events_;
    std::vector<std::string> before_;
    std::map<std::string, int> names_before_;
    std::map<std::string, int> names_;
    int count_ = 0;
};

/// What becomes of writes that no sync has followed.
enum class Fate {
    dropped,  ///< none is on the disk
    kept,     ///< all are: what a killed process leaves
    cut,      ///< those before some moment, the last of them torn
    late,     ///< only those after some moment
    writes,   ///< each as a whole or not, more of one file than of another
    sectors,  ///< each sector of each
};
inline constexpr std::array<Fate, 6> kFates{Fate::dropped, Fate::kept,   Fate::cut,
                                            Fate::late,    Fate::writes, Fate::sectors};

/// The power goes after the first `end` events of a log.
class PowerCut {
public:
    PowerCut(const DiskLog& log, std::size_t end, Fate fate, std::mt19937_64& chance)
        : log_(log), end_(end), fate_(fate), chance_(chance) {
        for (std::size_t i = 0; i < end; ++i) {
            synced_ = log.events()[i].syncs() ? i + 1 : synced_;
        }
        moment_ = synced_ + below(end - synced_ + 1);
    }

    [[nodiscard]] Disk disk() {
        Disk disk;
        for (const auto& [name, file] : names()) {
            disk[name] = content(file);
        }
        return disk;
    }

private:
    static constexpr std::size_t kSector = 512;

    std::size_t below(std::size_t n) { return n == 0 ? 0 : chance_() % n; }
    bool coin(double share) { return std::uniform_real_distribution(0.0, 1.0)(chance_) < share; }

    [[nodiscard]] std::map<std::string, int> names() {
        auto names = log_.names_before();
        const std::size_t last = fate_ == Fate::dropped ? synced_
                                 : fate_ == Fate::kept  ? end_
                                 : fate_ == Fate::cut   ? moment_
                                                        : synced_ + below(end_ - synced_ + 1);
        for (std::size_t i = 0; i < last; ++i) {
            const DiskEvent& event = log_.events()[i];
            if (event.of_folder()) {
                std::erase_if(names, [&](const auto& of) { return of.second == event.file; });
            }
            if (event.kind == DiskEvent::Kind::create || event.kind == DiskEvent::Kind::rename) {
                names[event.name] = event.file;
            }
        }
        return names;
    }

    /// Whether the disk has got a sector as an event left it.
    bool keeps(std::size_t event, std::size_t sector, double share, bool whole) {
        switch (fate_) {
            case Fate::dropped:
                return false;
            case Fate::kept:
                return true;
            case Fate::cut:
                return event < moment_ || (event == moment_ && sector % 2 == 0);
            case Fate::late:
                return event >= moment_;
            case Fate::writes:
                return whole;
            case Fate::sectors:
                return coin(share);
        }
        return true;
    }

    [[nodiscard]] std::string content(int file) {
        std::string now = log_.before(file);  // as the process saw it
        std::string disk = now;
        std::vector<std::pair<std::size_t, std::size_t>> sizes{{0, now.size()}};  // since events
        constexpr std::array<double, 4> kShares{0.0, 0.3, 0.7, 1.0};
        const double share = kShares[below(kShares.size())];
        for (std::size_t i = 0; i < end_; ++i) {
            const DiskEvent& event = log_.events()[i];
            if (event.file != file) {
                continue;
            }
            if (event.kind == DiskEvent::Kind::sync) {
                disk = now;
                sizes = {{i, now.size()}};
            } else if (event.kind == DiskEvent::Kind::truncate) {
                now.resize(event.at);
                sizes.emplace_back(i, now.size());
            } else if (event.kind == DiskEvent::Kind::write) {
                now.resize(std::max(now.size(), event.at + event.bytes.size()));
                now.replace(event.at, event.bytes.size(), event.bytes);
                take(now, event, i, share, disk);
                sizes.emplace_back(i, now.size());
            }
        }
        disk.resize(size_of(sizes));
        return disk;
    }

    /// Sectors of a write that reach the disk.
    void take(const std::string& now, const DiskEvent& event, std::size_t i, double share,
              std::string& disk) {
        const bool whole = coin(share);
        const std::size_t last = event.at + event.bytes.size();
        for (std::size_t at = event.at / kSector * kSector; at < last; at += kSector) {
            if (keeps(i, at / kSector, share, whole)) {
                const auto sector = now.substr(at, kSector);
                disk.resize(std::max(disk.size(), at + sector.size()));
                disk.replace(at, sector.size(), sector);
            }
        }
    }

    std::size_t size_of(const std::vector<std::pair<std::size_t, std::size_t>>& sizes) {
        if (fate_ == Fate::dropped) {
            return sizes.front().second;
        }
        if (fate_ == Fate::kept) {
            return sizes.back().second;
        }
        if (fate_ == Fate::cut) {
            std::size_t size = sizes.front().second;
            for (const auto& [event, after] : sizes) {
                size = event <= moment_ ? after : size;
            }
            return size;
        }
        return sizes[below(sizes.size())].second;
    }

    const DiskLog& log_;
    std::size_t end_;
    Fate fate_;
    std::mt19937_64& chance_;
    std::size_t synced_ = 0;  ///< events before and with the last sync of all
    std::size_t moment_ = 0;
};

}  // namespace otherwise::test
