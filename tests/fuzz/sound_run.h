// A small run, made once, and all that reads a run file.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "otherwise/study/check_run.h"
#include "otherwise/study/compare_runs.h"
#include "otherwise/study/export.h"
#include "otherwise/study/merge.h"
#include "otherwise/study/sound_rows.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/study_scene.h"

namespace otherwise::fuzz {

inline void read_run(const std::filesystem::path& path, const std::filesystem::path& sound) {
    const WriteLines nowhere = [](const std::string&) {};
    survive([&] { require_sound_results(RunReader(path)); });
    survive([&] { export_jsonl(RunReader(path), nowhere); });
    survive([&] { export_csv(RunReader(path), nowhere); });
    survive([&] { export_laws(RunReader(path), nowhere); });
    survive([&] {
        (void)check_run(RunReader(path),
                        {.max_changed = 0.5, .min_expected_lcp = 1.0, .floor = true});
    });
    survive([&] { (void)compare_runs(RunReader(path), RunReader(sound)); });
    survive([&] {
        const RunReader run(path);
        (void)run.progress();
        (void)run.sittings();
        (void)run.longest(0);
        (void)run.draws_without_law();
        run.each_draw([](auto&&...) {});
    });
    const std::filesystem::path merged = path.string() + ".merged";
    survive([&] { (void)merge_runs({sound, path}, merged, true); });
    std::filesystem::remove(merged);
    survive([&] { const RunWriter writer(path, test::stub_piece); });
}

/// The run, and a place for its changed copies.
class SoundRun {
public:
    SoundRun() {
        const auto scene = test::study_scene(4);
        test::write_run(scene, sound_, test::head_of(scene));
        Database(sound_, OpenMode::write).settle();
    }
    [[nodiscard]] const std::filesystem::path& path() const { return sound_; }

    /// A new copy in the place of the last one.
    [[nodiscard]] std::filesystem::path copy() const {
        remove();
        std::filesystem::copy_file(sound_, changed_);
        return changed_;
    }
    /// A file of these bytes there.
    void write_copy(const std::string& bytes) const {
        remove();
        std::ofstream(changed_, std::ios::binary) << bytes;
    }
    void read_copy() const {
        read_run(changed_, sound_);
        remove();
    }

private:
    void remove() const {
        std::error_code none;
        std::filesystem::remove(changed_, none);
        for (const auto& path : companions(changed_)) {
            std::filesystem::remove(path, none);
        }
    }

    test::Folder folder_;
    std::filesystem::path sound_ = folder_ / "sound";
    std::filesystem::path changed_ = folder_ / "changed";
};

}  // namespace otherwise::fuzz
