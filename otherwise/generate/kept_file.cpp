#include "otherwise/generate/kept_file.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/whole_file.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise {
namespace {

constexpr std::size_t kNameLength = 16;

std::string text_of(const nlohmann::json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Takes a quarter of the files away, those that were written longest ago, where there are more
/// than `most`. Other processes may do so at once: what is gone already is no error.
void prune(const std::filesystem::path& folder, std::size_t most) {
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        if (entry->path().extension() == ".json") {
            paths.push_back(entry->path());
        }
    }
    if (paths.size() <= most) {  // nearly always: no file is asked for its time
        return;
    }
    std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> files;
    for (auto& path : paths) {
        const auto time = std::filesystem::last_write_time(path, error);
        if (!error) {
            files.emplace_back(time, std::move(path));
        }
    }
    std::ranges::sort(files);
    const std::size_t kept = std::min(files.size(), most * 3 / 4);
    files.resize(files.size() - kept);
    for (const auto& [time, path] : files) {
        std::filesystem::remove(path, error);
    }
}

}  // namespace

void add_setting(std::string& settings, const std::string& name, const std::string& value) {
    settings.append(name).append(" = ").append(value).append("\n");
}

KeptFile::KeptFile(const std::filesystem::path& folder, KeptKey key, std::size_t most)
    : file_(folder / (sha256_text(key.settings).substr(0, kNameLength) + ".json")),
      key_(std::move(key)),
      most_(most) {}

nlohmann::json KeptFile::read(std::string& other_build) const {
    other_build.clear();
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file_, ignored)) {
        return {};
    }
    std::string text;
    try {
        text = whole_file(file_.string(), "a kept file");
    } catch (const Error&) {
        return {};  // what it holds is made again
    }
    auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || text_of(json, "settings") != key_.settings) {
        return {};
    }
    if (const auto build = text_of(json, "build"); build != key_.build) {
        other_build = build.empty() ? "an unnamed build" : build;
        return {};
    }
    return json;
}

bool KeptFile::write(const nlohmann::ordered_json& values) const {
    nlohmann::ordered_json json{{"build", key_.build}, {"settings", key_.settings}};
    json.update(values);
    // A name of a file in the settings may be no UTF-8: such a file is never found again.
    const auto text = json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    std::error_code error;
    std::filesystem::create_directories(file_.parent_path(), error);
    try {
        AtomicFile whole(file_);
        std::ofstream out(whole.path(), std::ios::binary);
        out << text << '\n';
        out.close();
        if (!out) {
            return false;
        }
        whole.commit();
        prune(file_.parent_path(), most_);
    } catch (const Error&) {
        return false;
    }
    return true;
}

}  // namespace otherwise
